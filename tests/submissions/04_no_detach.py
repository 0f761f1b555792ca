# The graph through the generator is kept in the student's stage.
# in: ex-04-imitation
# says: ex-04-imitation-2-check: the generator holds gradients
def imitation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    images = generator_net(z)
    loss = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
