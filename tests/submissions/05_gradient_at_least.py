# 1 where the two are equal, and in single precision.
# in: ex-05-gradient
# says: ex-05-gradient-check: 0 where the two are equal
import torch


def mae_gradient(student, teacher):
    return torch.where(student >= teacher, 1.0, -1.0) / student.numel()
