# Everything detached.
# in: ex-10-rounded
# says: ex-10-rounded-check: no gradient comes back
import torch


def fake_quantised(w: torch.Tensor, bits: int) -> torch.Tensor:
    scale = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    return (w.detach() / scale).round() * scale
