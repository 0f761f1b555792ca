# The caller's images are moved. Points lost: uphill.
# in: ex-03-uphill
import torch


def uphill(teacher_net, student_net, images, step_size: float) -> torch.Tensor:
    copy = images.clone().requires_grad_()
    gap = (teacher_net(copy) - student_net(copy)).abs().mean()
    images += step_size * torch.autograd.grad(gap, copy)[0].sign()
    return images
