# The decay on the wrong one of the two.
# in: ex-08-average
# says: ex-08-average-check: the wrong way round
import torch


def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.mul_(1 - decay).add_(w, alpha=decay)
