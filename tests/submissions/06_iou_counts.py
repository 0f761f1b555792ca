# Counts, not shares.
# in: ex-06-iou
# says: ex-06-iou-check: over the union
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    found = []
    for c in range(classes):
        p, t = predicted == c, truth == c
        found.append((p & t).sum().double())
    return torch.stack(found)
