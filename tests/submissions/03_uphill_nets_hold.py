# backward leaves gradients in the networks.
# in: ex-03-uphill
# says: ex-03-uphill-check: networks hold gradients


def uphill(teacher_net, student_net, images, step_size):
    x = images.clone().requires_grad_(True)
    (teacher_net(x) - student_net(x)).abs().mean().backward()
    return (x + step_size * x.grad.sign()).detach()
