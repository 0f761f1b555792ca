# Autograd, switched on again.
# in: ex-05-gradient
# says: ex-05-gradient-check: write the formula
import torch


def mae_gradient(student, teacher):
    with torch.enable_grad():
        leaf = student.clone().requires_grad_(True)
        return torch.autograd.grad((leaf - teacher).abs().mean(), leaf)[0]
