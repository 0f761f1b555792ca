# A bit too many for the magnitude. Points lost: rounded.
# in: ex-10-rounded
import torch


def fake_quantised(w: torch.Tensor, bits: int) -> torch.Tensor:
    scale = w.detach().abs().max() / (2**bits - 1)
    return w + ((w / scale).round() * scale - w).detach()
