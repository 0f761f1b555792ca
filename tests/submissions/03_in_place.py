# The caller's images are moved.
# in: ex-03-uphill
# says: ex-03-uphill-check: you changed the images
import torch


def uphill(teacher_net, student_net, images, step_size: float) -> torch.Tensor:
    copy = images.clone().requires_grad_()
    gap = (teacher_net(copy) - student_net(copy)).abs().mean()
    images += step_size * torch.autograd.grad(gap, copy)[0].sign()
    return images
