# The student has no say.
# in: ex-04-generation
# says: ex-04-generation-1-check: of both networks


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    gap = teacher_net(generator_net(z)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
