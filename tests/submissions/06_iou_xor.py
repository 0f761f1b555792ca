# Over the pixels where one alone says it.
# in: ex-06-iou
# says: ex-06-iou-check: 0.571
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    found = []
    for c in range(classes):
        p, t = predicted == c, truth == c
        found.append((p & t).sum() / (p ^ t).sum())
    return torch.stack(found)
