# nan for a class that was never true.
# in: ex-06-iou
# says: ex-06-iou-check: named once and never true: 0
import torch


def iou_by_class(predicted, truth, classes: int) -> torch.Tensor:
    predicted, truth = predicted[truth != 255], truth[truth != 255]
    found = torch.full((classes,), torch.nan)
    for which in truth.unique().tolist():
        said, true = predicted == which, truth == which
        found[which] = (said & true).sum() / (said | true).sum()
    return found
