# The gradient through the teacher is cut.
# in: ex-04-generation
# says: ex-04-generation-1-check: gradients pass through BOTH networks


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images).detach()).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
