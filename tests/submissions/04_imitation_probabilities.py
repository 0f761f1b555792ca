# Probabilities in place of logits.
# in: ex-04-imitation
# says: ex-04-imitation-1-check: of the logits
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z):
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images)
    loss = (student_net(images).softmax(1) - wanted.softmax(1)).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
