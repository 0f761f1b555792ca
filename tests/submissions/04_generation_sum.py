# Summed over the logits.
# in: ex-04-generation
# says: ex-04-generation-1-check: over all logits
# says: ex-04-generation-2-check: gradients of an earlier step were added: optimizer.zero_grad


def generation_step(teacher_net, student_net, generator_net, optimizer, z):
    student_net.requires_grad_(False)
    images = generator_net(z)
    gap = (student_net(images) - teacher_net(images)).abs().sum()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    student_net.requires_grad_(True)
    return gap.item()
