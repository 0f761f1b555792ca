# The first image's gradient for all.
# in: ex-03-uphill
# says: ex-03-uphill-check: each pixel moves by step_size
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_(True)
    gap = (teacher_net(x) - student_net(x)).abs()[0].mean()
    (slope,) = torch.autograd.grad(gap, x)
    return (x + step_size * slope.sign()).detach()
