# Right: a sum has the same sign as a mean.
# in: ex-03-uphill
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.detach().clone().requires_grad_(True)
    (teacher_net(x) - student_net(x)).abs().sum().backward(inputs=[x])
    return images + step_size * torch.sign(x.grad)
