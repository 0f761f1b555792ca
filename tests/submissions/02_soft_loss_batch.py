# Softmax over the batch.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: softmax over the batch


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(0), (teacher / temperature).log_softmax(0)
    return temperature**2 * (t.exp() * (t - s)).sum(1).mean()
