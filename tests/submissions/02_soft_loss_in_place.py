# The teacher's logits are divided in place.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: what was given has changed: only read it
def soft_loss(student, teacher, temperature):
    teacher /= temperature
    s, t = (student / temperature).log_softmax(1), teacher.log_softmax(1)
    return temperature**2 * (t.exp() * (t - s)).sum(1).mean()
