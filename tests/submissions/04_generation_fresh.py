# Images detached and made leaves: the generator gets no gradient.
# in: ex-04-generation
# says: ex-04-generation-1-check: the generator did not move: zero_grad, backw
# says: ex-04-generation-2-check: the student's weights hold gradients, which
def generation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    images = generator_net(z).detach().requires_grad_()
    gap = (student_net(images) - teacher_net(images)).abs().mean()
    optimizer.zero_grad()
    (-gap).backward()
    optimizer.step()
    return gap.item()
