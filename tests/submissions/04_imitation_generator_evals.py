# The generator in eval mode.
# in: ex-04-imitation
# says: ex-04-imitation-1-check: expected 0.6898: mean |S - T| on the images
# says: ex-04-imitation-2-check: student and generator stay in train mode
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    generator_net.eval()
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images)
    loss = (student_net(images) - wanted).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
