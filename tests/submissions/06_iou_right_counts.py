# Right, by counting pairs.
# in: ex-06-iou
import torch


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    pairs = torch.bincount(truth * classes + predicted, minlength=classes**2)
    table = pairs.view(classes, classes).double()
    both = table.diag()
    return both / (table.sum(0) + table.sum(1) - both)
