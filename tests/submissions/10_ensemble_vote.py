# Votes counted.
# in: ex-10-ensemble
# says: ex-10-ensemble-check: expected tensor([[0.4038, 0.4358, 0.1604],
import torch


def as_one(logits):
    votes = torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).float().mean(0)
    return (votes + 1e-9).log()
