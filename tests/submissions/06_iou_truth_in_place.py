# The labels 255 are overwritten.
# in: ex-06-iou
# says: ex-06-iou-check: what was given has changed
import torch


def iou_by_class(predicted, truth, classes):
    truth[truth == 255] = classes
    found = []
    for which in range(classes):
        p, t = (predicted == which) & (truth != classes), truth == which
        found.append((p & t).sum().double() / (p | t).sum())
    return torch.stack(found)
