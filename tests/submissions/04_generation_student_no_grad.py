# The student's answers are made without gradients.
# in: ex-04-generation
# says: ex-04-generation-1-check: gradients pass through BOTH networks
import torch


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    images = generator_net(z)
    with torch.no_grad():
        said = student_net(images)
    gap = (said - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    return gap.item()
