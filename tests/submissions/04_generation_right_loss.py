# Right, with the minus in the loss.
# in: ex-04-generation
import torch


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    images = generator_net(z)
    loss = -torch.nn.functional.l1_loss(student_net(images), teacher_net(images))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return -loss.item()
