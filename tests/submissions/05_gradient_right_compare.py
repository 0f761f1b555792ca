# Right, by torch.where.
# in: ex-05-gradient
import torch


def mae_gradient(student, teacher):
    d = student - teacher
    share = 1 / d.numel()
    return torch.where(d > 0, share, torch.where(d < 0, -share, 0.0)).to(d)
