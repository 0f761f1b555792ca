# The student is frozen for good.
# in: ex-04-generation
# says: ex-04-generation-2-check: let the student learn again


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    return gap.item()
