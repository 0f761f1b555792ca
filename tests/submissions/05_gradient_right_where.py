# Right, by cases.
# in: ex-05-gradient


def mae_gradient(student, teacher):
    above = (student > teacher).to(student.dtype)
    below = (student < teacher).to(student.dtype)
    return (above - below) / (student.shape[0] * student.shape[1])
