# The networks are frozen, and stay so.
# in: ex-03-uphill
# says: ex-03-uphill-check: the networks can learn no more


def uphill(teacher_net, student_net, images, step_size):
    for net in (teacher_net, student_net):
        net.requires_grad_(False)
    moved = images.clone().requires_grad_()
    (teacher_net(moved) - student_net(moved)).abs().mean().backward()
    return (moved + step_size * moved.grad.sign()).detach()
