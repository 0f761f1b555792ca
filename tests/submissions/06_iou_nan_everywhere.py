# A class that is not in the truth has no IoU.
# in: ex-06-iou
# says: ex-06-iou-check: class 2, named once and never true: 0, not n
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    p, t = predicted[keep], truth[keep]
    found = [((p == c) & (t == c)).sum() / ((p == c) | (t == c)).sum() for c in range(classes)]
    return torch.stack([f if (t == c).any() else f * float("nan") for c, f in enumerate(found)])
