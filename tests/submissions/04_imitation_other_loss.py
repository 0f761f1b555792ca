# Down the squares, but the absolute differences come back.
# in: ex-04-imitation
# says: ex-04-imitation-1-check: the very gap that is returned
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z):
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images)
    gap = student_net(images) - wanted
    optimizer.zero_grad()
    gap.pow(2).mean().backward()
    optimizer.step()
    return gap.abs().mean().item()
