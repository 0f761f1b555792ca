# The student's logits are divided in place.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: what was given has changed


def soft_loss(student, teacher, temperature):
    student.data.div_(temperature)
    s, t = student.log_softmax(1), (teacher / temperature).log_softmax(1)
    return temperature**2 * (t.exp() * (t - s)).sum(1).mean()
