# Nothing comes back.
# in: ex-06-iou
# says: ex-06-iou-check: nothing came back: a return is missing
import torch


def iou_by_class(predicted, truth, classes: int) -> torch.Tensor:
    torch.zeros(classes)
