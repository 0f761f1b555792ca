# d/|d|, which is nan at 0.
# in: ex-05-gradient
# says: ex-05-gradient-check: nan where the two are equal


def mae_gradient(student, teacher):
    d = student - teacher
    return d / d.abs() / d.numel()
