# Right: the gradients turned round by hand.
# in: ex-04-generation
import torch


def generation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    weights = list(generator_net.parameters())
    for weight, slope in zip(weights, torch.autograd.grad(gap, weights), strict=True):
        weight.grad = -slope
    optimizer.step()
    return gap.item()
