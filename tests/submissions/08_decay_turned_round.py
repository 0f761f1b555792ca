# The decay on the wrong one of the two. Points lost: average.
# in: ex-08-average
import torch


def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.mul_(1 - decay).add_(w, alpha=decay)
