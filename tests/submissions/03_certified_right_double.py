# Right: twice the distance against the margin.
# in: ex-03-certified


def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=1).values.unbind(dim=1)
    far = (teacher_logits - student_logits).abs().amax(dim=1)
    return 2 * far < first - second
