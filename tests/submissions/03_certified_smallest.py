# The logit that moved least.
# in: ex-03-certified
# says: ex-03-certified-check: rows 1, 3 and 9


def is_certified(teacher_logits, student_logits):
    best = teacher_logits.topk(2, 1).values
    return (teacher_logits - student_logits).abs().amin(1) < (best[:, 0] - best[:, 1]) / 2
