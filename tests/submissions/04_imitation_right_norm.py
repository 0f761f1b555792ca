# Right: by the norm of the difference.
# in: ex-04-imitation
def imitation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    images = generator_net(z).detach()
    apart = student_net(images) - teacher_net(images).detach()
    loss = apart.norm(p=1) / apart.numel()
    student_net.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss)
