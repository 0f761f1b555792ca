# The teacher's logits are overwritten.
# in: ex-03-certified
# says: ex-03-certified-check: what was given has changed: only read it
def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=1).values.unbind(dim=1)
    teacher_logits -= student_logits
    return teacher_logits.abs().amax(dim=1) < (first - second) / 2
