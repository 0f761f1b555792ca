# Void pixels become class 0.
# in: ex-06-iou
# says: ex-06-iou-check: 0.571
import torch


def iou_by_class(predicted, truth, classes):
    truth = truth.where(truth != 255, 0)
    found = []
    for c in range(classes):
        p, t = predicted == c, truth == c
        found.append((p & t).sum() / (p | t).sum())
    return torch.stack(found)
