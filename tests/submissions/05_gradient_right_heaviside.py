# Right: two steps.
# in: ex-05-gradient
import torch


def mae_gradient(student, teacher):
    half = torch.zeros((), dtype=student.dtype)
    up = torch.heaviside(student - teacher, half) - torch.heaviside(teacher - student, half)
    return up / (student.shape[0] * student.shape[1])
