# No factor.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: temperature squared is missing


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).log_softmax(1)
    return (t.exp() * (t - s)).sum(1).mean()
