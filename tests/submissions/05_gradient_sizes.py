# The loss's own terms.
# in: ex-05-gradient
# says: ex-05-gradient-check: the loss itself


def mae_gradient(student, teacher):
    return (student - teacher).abs() / student.numel()
