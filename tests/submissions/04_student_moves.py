# Both players are paid in the generator's stage.
# in: ex-04-generation
# says: ex-04-generation-2-check: hold gradients
def generation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    return gap.item()
