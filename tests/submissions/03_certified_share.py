# The share of the images.
# in: ex-03-certified
# says: ex-03-certified-check: one true or false an image


def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=1).values.unbind(dim=1)
    far = (teacher_logits - student_logits).abs().amax(dim=1)
    return (far < (first - second) / 2).float().mean()
