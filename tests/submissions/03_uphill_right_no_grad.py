# Right, with the step under no_grad.
# in: ex-03-uphill
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone()
    x.requires_grad = True
    gap = (student_net(x) - teacher_net(x)).abs().mean()
    slope = torch.autograd.grad(gap, x)[0]
    with torch.no_grad():
        return x + step_size * slope.sign()
