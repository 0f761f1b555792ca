# The smallest logits.
# in: ex-02-agreement
# says: ex-02-agreement-check: the largest logit names the class


def agreement(a, b):
    return (a.argmin(dim=1) == b.argmin(dim=1)).float().mean().item()
