# Only the first parameter follows.
# in: ex-08-average
# says: ex-08-average-check: weights and biases
import torch


def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    with torch.no_grad():
        a, w = next(average.parameters()), next(model.parameters())
        a.mul_(decay).add_(w, alpha=1 - decay)
