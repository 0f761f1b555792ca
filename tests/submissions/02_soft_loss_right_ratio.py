# Right, with the logarithm of the ratio.
# in: ex-02-soft_loss


def soft_loss(student, teacher, temperature):
    p = (teacher / temperature).softmax(-1)
    q = (student / temperature).softmax(-1)
    return (p * (p / q).log()).sum() / len(p) * temperature * temperature
