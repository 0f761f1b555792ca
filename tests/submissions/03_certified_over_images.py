# topk over the images.
# in: ex-03-certified
# says: ex-03-certified-check: one true or false an image


def is_certified(teacher_logits, student_logits):
    first, second = teacher_logits.topk(2, dim=0).values
    return (teacher_logits - student_logits).abs().amax(0) < (first - second) / 2
