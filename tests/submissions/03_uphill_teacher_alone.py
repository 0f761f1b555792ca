# The student has no say.
# in: ex-03-uphill
# says: ex-03-uphill-check: of both networks
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(teacher_net(x).abs().mean(), x)
    return (x + step_size * slope.sign()).detach()
