# Only the first image. Points lost: iou.
# in: ex-06-iou
import torch


def iou_by_class(predicted, truth, classes: int) -> torch.Tensor:
    said, true = predicted[0][truth[0] != 255], truth[0][truth[0] != 255]
    both = torch.stack([((said == c) & (true == c)).sum() for c in range(classes)])
    either = torch.stack([((said == c) | (true == c)).sum() for c in range(classes)])
    return both / either
