# An absent class has 0.
# in: ex-06-iou
# says: ex-06-iou-check: its IoU is nan
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    found = []
    for c in range(classes):
        p, t = predicted == c, truth == c
        found.append((p & t).sum() / (p | t).sum().clamp(min=1))
    return torch.stack(found)
