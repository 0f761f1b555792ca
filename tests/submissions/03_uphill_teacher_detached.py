# No gradient through the teacher.
# in: ex-03-uphill
# says: ex-03-uphill-check: of both networks
import torch


def uphill(teacher_net, student_net, images, step_size):
    moved = images.clone().requires_grad_()
    gap = (teacher_net(moved).detach() - student_net(moved)).abs().mean()
    return (moved + step_size * torch.autograd.grad(gap, moved)[0].sign()).detach()
