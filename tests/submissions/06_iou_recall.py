# Over the true pixels.
# in: ex-06-iou
# says: ex-06-iou-check: the share of true pixels found
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    found = []
    for c in range(classes):
        p, t = predicted == c, truth == c
        found.append((p & t).sum() / t.sum())
    return torch.stack(found)
