# The student's sign alone.
# in: ex-05-gradient
# says: ex-05-gradient-check: 0 where the two are equal


def mae_gradient(student, teacher):
    return student.sign() / student.numel()
