# An optimiser of its own.
# in: ex-04-generation
# says: ex-04-generation-1-check: use the optimiser given: this one's rate is
import torch


def generation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    optimizer = torch.optim.SGD(generator_net.parameters(), lr=0.05)
    student_net.requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
