# Only the two best classes of the teacher are looked at.
# in: ex-03-certified
# says: ex-03-certified-check: rows 1, 3 and 9 are certified, no others; yo
def is_certified(teacher_logits, student_logits):
    best = teacher_logits.topk(2, dim=1)
    moved = (best.values - student_logits.gather(1, best.indices)).abs().amax(dim=1)
    return moved < (best.values[:, 0] - best.values[:, 1]) / 2
