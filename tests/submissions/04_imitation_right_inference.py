# Right: images made in inference mode, then copied.
# in: ex-04-imitation
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z):
    with torch.inference_mode():
        images = generator_net(z)
        wanted = teacher_net(images)
    loss = torch.nn.functional.l1_loss(student_net(images.clone()), wanted.clone())
    student_net.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())
