# Right: the sign by comparisons, the gap by l1_loss.
# in: ex-03-uphill
import torch


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_()
    gap = torch.nn.functional.l1_loss(student_net(x), teacher_net(x))
    (slope,) = torch.autograd.grad(gap, [x])
    return images + step_size * ((slope > 0).float() - (slope < 0).float())
