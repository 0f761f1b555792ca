# Python's numbers, which have no nan for 0 by 0.
# in: ex-06-iou
# says: ex-06-iou-check: divide by / and tensors
import torch


def iou_by_class(predicted, truth, classes):
    predicted, truth = predicted[truth != 255], truth[truth != 255]
    found = []
    for which in range(classes):
        p, t = predicted == which, truth == which
        found.append((p & t).sum().item() / (p | t).sum().item())
    return torch.tensor(found)
