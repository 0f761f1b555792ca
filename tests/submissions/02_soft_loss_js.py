# The mean of both directions.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: expected 7.5202, got 7.6228
def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).log_softmax(1)
    both = t.exp() * (t - s) + s.exp() * (s - t)
    return temperature**2 * both.sum(1).mean() / 2
