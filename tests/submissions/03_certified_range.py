# Largest less smallest logit.
# in: ex-03-certified
# says: ex-03-certified-check: the SECOND largest


def is_certified(teacher_logits, student_logits):
    far = (teacher_logits - student_logits).abs().amax(dim=1)
    return far < (teacher_logits.amax(1) - teacher_logits.amin(1)) / 2
