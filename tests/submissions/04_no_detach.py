# The graph through the generator is kept in the student's stage. Points lost: imitation-2.
# in: ex-04-imitation
def imitation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    images = generator_net(z)
    loss = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
