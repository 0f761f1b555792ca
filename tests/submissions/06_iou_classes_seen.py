# Only classes that occur.
# in: ex-06-iou
# says: ex-06-iou-check: one number a class
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    seen = truth.unique()
    return torch.stack(
        [
            ((predicted == c) & (truth == c)).sum() / ((predicted == c) | (truth == c)).sum()
            for c in seen
        ]
    )
