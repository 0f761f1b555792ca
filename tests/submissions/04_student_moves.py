# Both players are paid in the generator's stage. Points lost: generation-2.
# in: ex-04-generation
def generation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    return gap.item()
