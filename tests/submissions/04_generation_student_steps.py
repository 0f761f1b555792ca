# The student takes the step as well.
# in: ex-04-generation
# says: ex-04-generation-2-check: the student moved
import torch


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    with torch.no_grad():
        for p in student_net.parameters():
            p -= 0.01 * p.grad
            p.grad = None
    return gap.item()
