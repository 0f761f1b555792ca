# Up the squared gap.
# in: ex-03-uphill
# says: ex-03-uphill-check: the way is the sign of the gradient of mean
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_()
    gap = (teacher_net(x) - student_net(x)).pow(2).mean()
    return (x + step_size * torch.autograd.grad(gap, x)[0].sign()).detach()
