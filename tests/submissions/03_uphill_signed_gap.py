# The difference without its size.
# in: ex-03-uphill
# says: ex-03-uphill-check: |T - S|
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_(True)
    gap = (student_net(x) - teacher_net(x)).mean()
    (slope,) = torch.autograd.grad(gap, x)
    return (x + step_size * slope.sign()).detach()
