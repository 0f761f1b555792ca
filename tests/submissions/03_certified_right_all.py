# Right: every logit within half the margin.
# in: ex-03-certified


def is_certified(teacher_logits, student_logits):
    best = teacher_logits.topk(2, 1).values
    half = (best[:, :1] - best[:, 1:]) / 2
    return ((teacher_logits - student_logits).abs() < half).all(1)
