# Only where the student is above.
# in: ex-05-gradient
# says: ex-05-gradient-check: autograd differs


def mae_gradient(student, teacher):
    return (student > teacher).to(student) / student.numel()
