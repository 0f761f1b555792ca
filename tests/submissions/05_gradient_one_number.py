# The mean of it.
# in: ex-05-gradient
# says: ex-05-gradient-check: one number a logit


def mae_gradient(student, teacher):
    return (student - teacher).sign().mean()
