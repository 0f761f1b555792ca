# The two are swapped.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: the teacher is p


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).log_softmax(1)
    return temperature**2 * (s.exp() * (s - t)).sum(1).mean()
