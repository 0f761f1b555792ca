# Right, by torch.sign.
# in: ex-05-gradient
import torch


def mae_gradient(student, teacher):
    rows, classes = student.shape
    return torch.sign(student - teacher) / rows / classes
