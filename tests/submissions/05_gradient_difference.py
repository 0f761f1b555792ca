# The difference, over NC.
# in: ex-05-gradient
# says: ex-05-gradient-check: its sign, not its size


def mae_gradient(student, teacher):
    return (student - teacher) / student.numel()
