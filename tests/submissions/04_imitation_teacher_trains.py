# The teacher in train mode.
# in: ex-04-imitation
# says: ex-04-imitation-1-check: the teacher in eval mode
# says: ex-04-imitation-2-check: the teacher was left in train mode: its answers are random t
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z):
    teacher_net.train()
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images)
    loss = (student_net(images) - wanted).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
