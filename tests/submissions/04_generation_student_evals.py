# The student is left in eval mode.
# in: ex-04-generation
# says: ex-04-generation-2-check: student and generator stay in train mode
def generation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    student_net.eval().requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
