# Pixels labelled 255 count.
# in: ex-06-iou
# says: ex-06-iou-check: labelled 255 was counted
import torch


def iou_by_class(predicted, truth, classes: int) -> torch.Tensor:
    both = torch.stack([((predicted == c) & (truth == c)).sum() for c in range(classes)])
    either = torch.stack([((predicted == c) | (truth == c)).sum() for c in range(classes)])
    return both / either
