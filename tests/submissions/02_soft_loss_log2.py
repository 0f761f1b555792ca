# In bits.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: that is in bits: take the natural logarithm
def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).softmax(1), (teacher / temperature).softmax(1)
    return temperature**2 * (t * (t.log2() - s.log2())).sum(1).mean()
