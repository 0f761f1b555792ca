# A step of 0.01, whatever is given.
# in: ex-03-uphill
# says: ex-03-uphill-check: each pixel moves by step_size: take the sign
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_()
    gap = (teacher_net(x) - student_net(x)).abs().mean()
    return (x + 0.01 * torch.autograd.grad(gap, x)[0].sign()).detach()
