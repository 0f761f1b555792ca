# The given images get requires_grad.
# in: ex-03-uphill
# says: ex-03-uphill-check: want gradients
import torch


def uphill(teacher_net, student_net, images, step_size):
    images.requires_grad_(True)
    gap = (teacher_net(images) - student_net(images)).abs().mean()
    (slope,) = torch.autograd.grad(gap, images)
    return (images + step_size * slope.sign()).detach()
