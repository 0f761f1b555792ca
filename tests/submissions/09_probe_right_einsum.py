# Right, by einsum.
# in: ex-09-probe
import torch


def probed_gradient(gap, images, way, step):
    slope = (gap(images + way * step) - gap(images)) / step
    return torch.einsum("n,nchw->nchw", slope, way)
