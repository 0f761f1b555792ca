# A list.
# in: ex-03-certified
# says: ex-03-certified-check: return a tensor of true and false


def is_certified(teacher_logits, student_logits):
    best = teacher_logits.topk(2, 1).values
    moved = (teacher_logits - student_logits).abs().amax(1)
    return (moved < (best[:, 0] - best[:, 1]) / 2).tolist()
