# Whether they agree.
# in: ex-03-certified
# says: ex-03-certified-check: is it CERTAIN


def is_certified(teacher_logits, student_logits):
    return teacher_logits.argmax(dim=1) == student_logits.argmax(dim=1)
