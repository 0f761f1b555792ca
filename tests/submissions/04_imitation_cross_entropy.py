# Cross-entropy with the teacher's class.
# in: ex-04-imitation
# says: ex-04-imitation-1-check: expected 0.6898: mean |S - T| on the images
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images).argmax(1)
    loss = torch.nn.functional.cross_entropy(student_net(images), wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
