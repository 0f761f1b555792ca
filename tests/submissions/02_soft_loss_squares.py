# Squared differences of the probabilities.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: expected


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).softmax(1), (teacher / temperature).softmax(1)
    return temperature**2 * (s - t).pow(2).sum(1).mean()
