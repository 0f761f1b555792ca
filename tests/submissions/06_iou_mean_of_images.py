# The mean over images.
# in: ex-06-iou
# says: ex-06-iou-check: a mean over images
import torch


def iou_by_class(predicted, truth, classes):
    found = []
    for c in range(classes):
        p, t = predicted == c, (truth == c)
        known = truth != 255
        both = (p & t & known).flatten(1).sum(1)
        found.append((both / ((p | t) & known).flatten(1).sum(1)).nanmean())
    return torch.stack(found)
