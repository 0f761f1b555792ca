# Right, with the error under no_grad.
# in: ex-10-rounded
import torch


def fake_quantised(w, bits):
    with torch.no_grad():
        step = w.abs().amax() / (2 ** (bits - 1) - 1)
        error = (w / step).round() * step - w
    return w + error
