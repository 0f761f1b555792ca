# The student's weights hold gradients.
# in: ex-04-generation
# says: ex-04-generation-2-check: hold gradients


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    return gap.item()
