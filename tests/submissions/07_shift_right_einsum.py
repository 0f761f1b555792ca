# Right: by l1_loss of standardised means.
# in: ex-07-shift
import torch


def mean_shift(maps, mean, variance):
    sigma = variance**0.5
    own = torch.einsum("nchw->c", maps) / (maps.numel() / maps.shape[1])
    return torch.nn.functional.l1_loss(own / sigma, mean / sigma)
