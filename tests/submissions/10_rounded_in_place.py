# The weights themselves are rounded.
# in: ex-10-rounded
# says: ex-10-rounded-check: what was given has changed: only read it
import torch


def fake_quantised(w: torch.Tensor, bits: int) -> torch.Tensor:
    scale = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    with torch.no_grad():
        w.copy_((w / scale).round() * scale)
    return w + 0
