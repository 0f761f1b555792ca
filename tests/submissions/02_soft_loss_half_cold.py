# Only the teacher is softened.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: soften both


def soft_loss(student, teacher, temperature):
    s, t = student.log_softmax(1), (teacher / temperature).log_softmax(1)
    return temperature**2 * (t.exp() * (t - s)).sum(1).mean()
