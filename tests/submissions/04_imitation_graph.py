# The generator's graph is kept.
# in: ex-04-imitation
# says: ex-04-imitation-2-check: the generator holds gradients


def imitation_step(teacher_net, student_net, generator_net, optimizer, z):
    images = generator_net(z)
    wanted = teacher_net(images)
    loss = (student_net(images) - wanted).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
