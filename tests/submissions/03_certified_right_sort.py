# Right, by sorting.
# in: ex-03-certified


def is_certified(teacher_logits, student_logits):
    ordered = teacher_logits.sort(dim=1).values
    half = (ordered[:, -1] - ordered[:, -2]) / 2
    return ((teacher_logits - student_logits).abs() < half[:, None]).all(dim=1)
