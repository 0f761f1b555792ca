# The margin of the probabilities.
# in: ex-01-margin
# says: ex-01-margin-check: before any softmax
import torch


def margin(logits: torch.Tensor) -> torch.Tensor:
    first, second = logits.softmax(dim=1).topk(2, dim=1).values.unbind(dim=1)
    return first - second
