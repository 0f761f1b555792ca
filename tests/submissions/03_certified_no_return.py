# Nothing comes back.
# in: ex-03-certified
# says: ex-03-certified-check: nothing came back


def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=1).values.unbind(dim=1)
    far = (teacher_logits - student_logits).abs().amax(dim=1)
    far < (first - second) / 2
