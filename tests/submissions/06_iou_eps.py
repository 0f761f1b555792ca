# A small number below the line, so that nothing is nan.
# in: ex-06-iou
# says: ex-06-iou-check: its IoU is nan
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    found = []
    for c in range(classes):
        p, t = predicted == c, truth == c
        found.append(((p & t).sum() + 1e-6) / ((p | t).sum() + 1e-6))
    return torch.stack(found)
