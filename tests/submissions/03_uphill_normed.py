# The gradient divided by its largest entry, in place of its sign.
# in: ex-03-uphill
# says: ex-03-uphill-check: each pixel moves by step_size: take the sign
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_()
    gap = (teacher_net(x) - student_net(x)).abs().mean()
    slope = torch.autograd.grad(gap, x)[0]
    return (x + step_size * slope / slope.abs().max()).detach()
