# Right, by one-hot maps.
# in: ex-06-iou
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    p = torch.nn.functional.one_hot(predicted, classes).bool()
    t = torch.nn.functional.one_hot(truth, classes).bool()
    return (p & t).sum(0).float() / (p | t).sum(0)
