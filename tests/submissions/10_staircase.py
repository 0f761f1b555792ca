# The staircase's own gradient, which is 0.
# in: ex-10-rounded
# says: ex-10-rounded-check: the gradient should be 1
import torch


def fake_quantised(w: torch.Tensor, bits: int) -> torch.Tensor:
    scale = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    return (w / scale).round() * scale
