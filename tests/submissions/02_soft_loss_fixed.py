# The factor is 9, whatever the temperature.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: right at a temperature of 3 only: use the on
def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).log_softmax(1)
    return 9 * (t.exp() * (t - s)).sum(1).mean()
