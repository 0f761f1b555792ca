# The generator goes down instead of up. Points lost: generation-1.
# in: ex-04-generation
def generation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    student_net.requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    gap.backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
