# The sign of the differences rounded.
# in: ex-05-gradient
# says: ex-05-gradient-check: autograd differs: the slope of |u| is its si
def mae_gradient(student, teacher):
    return (student - teacher).round().sign() / student.numel()
