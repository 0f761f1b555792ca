# Right, with the gradient put on by hand.
# in: ex-10-rounded
import torch


class Through(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w, bits):
        scale = w.abs().max() / (2 ** (bits - 1) - 1)
        return torch.round(w / scale) * scale

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def fake_quantised(w, bits):
    return Through.apply(w, bits)
