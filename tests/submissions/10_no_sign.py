# A bit too many for the magnitude.
# in: ex-10-rounded
# says: ex-10-rounded-check: the largest is 7, not 15
import torch


def fake_quantised(w: torch.Tensor, bits: int) -> torch.Tensor:
    scale = w.detach().abs().max() / (2**bits - 1)
    return w + ((w / scale).round() * scale - w).detach()
