# The gradient as it is.
# in: ex-03-uphill
# says: ex-03-uphill-check: take the sign
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_(True)
    gap = (teacher_net(x) - student_net(x)).abs().mean()
    (slope,) = torch.autograd.grad(gap, x)
    return (x + step_size * slope).detach()
