# Teacher less student.
# in: ex-05-gradient
# says: ex-05-gradient-check: the sign is turned round


def mae_gradient(student, teacher):
    return (teacher - student).sign() / student.numel()
