# The share on which they differ.
# in: ex-02-agreement
# says: ex-02-agreement-check: the share that DIFFERS


def agreement(a, b):
    return (a.argmax(dim=1) != b.argmax(dim=1)).float().mean().item()
