# The rise, not the slope: not divided by the step.
# in: ex-09-probe
# says: ex-09-probe-check: divide the rise by the step
import torch


def probed_gradient(gap, images: torch.Tensor, way: torch.Tensor, step: float) -> torch.Tensor:
    return (gap(images + step * way) - gap(images)).view(-1, 1, 1, 1) * way
