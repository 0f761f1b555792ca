# Right, with gradients for the generator alone.
# in: ex-04-generation


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward(inputs=list(generator_net.parameters()))
    optimizer.step()
    return gap.item()
