# Nothing comes back.
# in: ex-05-gradient
# says: ex-05-gradient-check: nothing came back


def mae_gradient(student, teacher):
    (student - teacher).sign() / student.numel()
