# Softmax over the teachers.
# in: ex-10-ensemble
# says: ex-10-ensemble-check: not over the teachers
import torch


def as_one(logits: torch.Tensor) -> torch.Tensor:
    return logits.softmax(dim=0).mean(dim=0).log()
