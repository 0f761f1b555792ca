# Dice.
# in: ex-06-iou
# says: ex-06-iou-check: that is Dice
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    found = []
    for c in range(classes):
        p, t = predicted == c, truth == c
        found.append(2 * (p & t).sum() / (p.sum() + t.sum()))
    return torch.stack(found)
