# The argmax goes over the images. Points lost: agreement.
# in: ex-02-agreement
import torch


def agreement(a: torch.Tensor, b: torch.Tensor) -> float:
    return (a.argmax(dim=0) == b.argmax(dim=0)).float().mean().item()
