# As 0 and 1.
# in: ex-03-certified
# says: ex-03-certified-check: one true or false an image
def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=1).values.unbind(dim=1)
    moved = (teacher_logits - student_logits).abs().amax(dim=1)
    return (moved < (first - second) / 2).float()
