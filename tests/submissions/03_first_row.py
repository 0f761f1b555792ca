# The first image's margin for all of them.
# in: ex-03-certified
# says: ex-03-certified-check: each row has its own margin
import torch


def is_certified(teacher_logits, student_logits) -> torch.Tensor:
    first, second = teacher_logits[0].topk(2).values
    return (teacher_logits - student_logits).abs().amax(dim=1) < (first - second) / 2
