# Multiplied by the temperature.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: divide by the temperature


def soft_loss(student, teacher, temperature):
    s, t = (student * temperature).log_softmax(1), (teacher * temperature).log_softmax(1)
    return temperature**2 * (t.exp() * (t - s)).sum(1).mean()
