# No factor.
# in: ex-05-gradient
# says: ex-05-gradient-check: the mean's factor is missing


def mae_gradient(student, teacher):
    return (student - teacher).sign()
