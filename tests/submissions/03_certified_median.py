# The median of |T - S|.
# in: ex-03-certified
# says: ex-03-certified-check: rows 1, 3 and 9 are certified, no others; yo
def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=1).values.unbind(dim=1)
    return (teacher_logits - student_logits).abs().median(dim=1).values < (first - second) / 2
