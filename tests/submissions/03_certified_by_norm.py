# The length of the difference, which is too strict.
# in: ex-03-certified
# says: ex-03-certified-check: not its length


def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=1).values.unbind(dim=1)
    far = (teacher_logits - student_logits).norm(dim=1)
    return far < (first - second) / 2
