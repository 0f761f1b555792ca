# Divided by C only.
# in: ex-05-gradient
# says: ex-05-gradient-check: not by C only


def mae_gradient(student, teacher):
    return (student - teacher).sign() / student.shape[1]
