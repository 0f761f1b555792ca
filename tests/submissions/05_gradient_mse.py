# That of the squared error.
# in: ex-05-gradient
# says: ex-05-gradient-check: of the squared error


def mae_gradient(student, teacher):
    return 2 * (student - teacher) / student.numel()
