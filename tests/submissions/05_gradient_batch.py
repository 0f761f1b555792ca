# Divided by N only.
# in: ex-05-gradient
# says: ex-05-gradient-check: not by N only


def mae_gradient(student, teacher):
    return (student - teacher).sign() / len(student)
