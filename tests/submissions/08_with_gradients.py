# Not under no_grad. Points lost: average.
# in: ex-08-average
import torch


def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    for a, w in zip(average.parameters(), model.parameters(), strict=True):
        a.mul_(decay).add_(w, alpha=1 - decay)
