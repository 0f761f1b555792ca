# The temperature once, not squared.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: the temperature squared, not


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).log_softmax(1)
    return temperature * (t.exp() * (t - s)).sum(1).mean()
