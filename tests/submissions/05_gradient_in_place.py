# The student's logits are overwritten.
# in: ex-05-gradient
# says: ex-05-gradient-check: what was given has changed: only read it
def mae_gradient(student, teacher):
    student -= teacher
    return student.sign() / student.numel()
