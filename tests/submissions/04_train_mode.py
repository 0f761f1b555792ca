# The teacher is put into train mode, so its answers are random.
# in: ex-04-imitation
# says: ex-04-imitation-1-check: the teacher in eval mode
# says: ex-04-imitation-2-check: left in train mode
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    teacher_net.train()
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images)
    loss = (student_net(images) - wanted).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
