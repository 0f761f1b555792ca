# Right: the student's gradients are thrown away afterwards.
# in: ex-04-generation


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    student_net.zero_grad()
    return gap.item()
