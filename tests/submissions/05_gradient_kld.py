# KLD's gradient.
# in: ex-05-gradient
# says: ex-05-gradient-check: 0 where the two are equal: the loss has its
def mae_gradient(student, teacher):
    return (student.softmax(1) - teacher.softmax(1)) / len(student)
