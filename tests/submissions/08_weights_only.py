# Only the weights follow. Points lost: average.
# in: ex-08-average
import torch


def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    with torch.no_grad():
        for a, w in zip(average.modules(), model.modules(), strict=True):
            if hasattr(a, "weight"):
                a.weight.mul_(decay).add_(w.weight, alpha=1 - decay)
