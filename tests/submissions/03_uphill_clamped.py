# Cut off between 0 and 1.
# in: ex-03-uphill
# says: ex-03-uphill-check: each pixel moves by step_size: take the sign
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_()
    gap = (teacher_net(x) - student_net(x)).abs().mean()
    return (x + step_size * torch.autograd.grad(gap, x)[0].sign()).clamp(0, 1).detach()
