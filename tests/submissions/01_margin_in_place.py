# The largest is struck out of the logits given.
# in: ex-01-margin
# says: ex-01-margin-check: what was given has changed: only read it
import torch


def margin(logits):
    first = logits.max(dim=1)
    logits[torch.arange(len(logits)), first.indices] = -torch.inf
    return first.values - logits.max(dim=1).values
