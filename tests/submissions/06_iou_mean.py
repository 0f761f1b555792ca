# The mean over the classes.
# in: ex-06-iou
# says: ex-06-iou-check: one number a class
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    found = [
        ((predicted == c) & (truth == c)).sum() / ((predicted == c) | (truth == c)).sum()
        for c in range(classes)
    ]
    return torch.stack(found).nanmean()
