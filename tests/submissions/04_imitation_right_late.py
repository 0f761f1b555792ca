# Right: the gradients are cleared at the end of the step before.
# in: ex-04-imitation
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z):
    optimizer.zero_grad(set_to_none=False)
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images)
    loss = (student_net(images) - wanted).abs().mean()
    loss.backward()
    optimizer.step()
    return loss.detach().item()
