# Everything under no_grad.
# in: ex-04-generation
# says: ex-04-generation-1-check: no graph
# says: ex-04-generation-2-check: no graph
import torch


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    with torch.no_grad():
        images = generator_net(z)
        gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
