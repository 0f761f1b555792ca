# Right, a row at a time.
# in: ex-03-certified
import torch


def is_certified(teacher_logits, student_logits):
    found = []
    for t, s in zip(teacher_logits, student_logits, strict=True):
        first, second = t.topk(2).values
        found.append(bool((t - s).abs().max() < (first - second) / 2))
    return torch.tensor(found)
