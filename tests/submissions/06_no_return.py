# Nothing comes back. Points lost: iou.
# in: ex-06-iou
import torch


def iou_by_class(predicted, truth, classes: int) -> torch.Tensor:
    torch.zeros(classes)
