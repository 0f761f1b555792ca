# Only the first parameter follows. Points lost: average.
# in: ex-08-average
import torch


def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    with torch.no_grad():
        a, w = next(average.parameters()), next(model.parameters())
        a.mul_(decay).add_(w, alpha=1 - decay)
