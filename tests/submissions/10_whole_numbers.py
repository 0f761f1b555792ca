# Not multiplied back. Points lost: rounded.
# in: ex-10-rounded
import torch


def fake_quantised(w: torch.Tensor, bits: int) -> torch.Tensor:
    scale = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    return w + ((w / scale).round() - w).detach()
