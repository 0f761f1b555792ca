# Cross-entropy, which is not 0 where they agree.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: cross-entropy


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).softmax(1)
    return -(temperature**2) * (t * s).sum(1).mean()
