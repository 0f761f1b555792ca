# How alike the logits point.
# in: ex-02-agreement
# says: ex-02-agreement-check: 3 of these 5 rows agree
import torch


def agreement(a, b):
    return torch.nn.functional.cosine_similarity(a, b).mean().item()
