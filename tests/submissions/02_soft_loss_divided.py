# Divided by the square.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: times the temperature squared


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).log_softmax(1)
    return (t.exp() * (t - s)).sum(1).mean() / temperature**2
