# A verdict for each logit.
# in: ex-03-certified
# says: ex-03-certified-check: one true or false an image


def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=1).values.unbind(dim=1)
    return (teacher_logits - student_logits).abs() < (first - second)[:, None] / 2
