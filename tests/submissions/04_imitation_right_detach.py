# Right, by detach.
# in: ex-04-imitation


def imitation_step(teacher_net, student_net, generator_net, optimizer, z):
    images = generator_net(z).detach()
    wanted = teacher_net(images).detach()
    loss = (student_net(images) - wanted).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
