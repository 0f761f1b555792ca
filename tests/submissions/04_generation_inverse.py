# Down one over the gap.
# in: ex-04-generation
# says: ex-04-generation-1-check: expected 0.4482: mean |S - T| of both networ
def generation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    student_net.requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    loss = 1 / gap
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return loss.item()
