# Up the square of the gap; the gap comes back.
# in: ex-04-generation
# says: ex-04-generation-1-check: the very gap that is returned


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-(gap**2)).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
