# Right: the rounding error added.
# in: ex-10-rounded
import torch


def fake_quantised(w, bits):
    with torch.no_grad():
        scale = torch.linalg.vector_norm(w, float("inf")) / ((1 << (bits - 1)) - 1)
        error = torch.round(w / scale) * scale - w
    return w + error
