# Old gradients are added.
# in: ex-04-generation
# says: ex-04-generation-2-check: zero_grad() comes first


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    (-gap).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
