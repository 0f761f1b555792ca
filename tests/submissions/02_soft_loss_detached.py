# Detached: nothing can be learnt.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: needs its gradient


def soft_loss(student, teacher, temperature):
    s = (student.detach() / temperature).log_softmax(1)
    t = (teacher / temperature).log_softmax(1)
    return temperature**2 * (t.exp() * (t - s)).sum(1).mean()
