# The student's margin.
# in: ex-03-certified
# says: ex-03-certified-check: the margin is the teacher's


def is_certified(teacher_logits, student_logits):
    far = (teacher_logits - student_logits).abs().amax(dim=1)
    first, second = student_logits.topk(2, dim=1).values.unbind(dim=1)
    return far < (first - second) / 2
