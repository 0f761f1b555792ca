# Right: by the norm of the largest entry.
# in: ex-03-certified
import torch


def is_certified(teacher_logits, student_logits):
    best = teacher_logits.sort(dim=1, descending=True).values
    moved = torch.linalg.vector_norm(teacher_logits - student_logits, float("inf"), dim=1)
    return 2 * moved < best[:, 0] - best[:, 1]
