# The argmax goes over the batch.
# in: ex-02-agreement
# says: ex-02-agreement-check: use dim=1


def agreement(a, b):
    return (a.argmax(dim=0) == b.argmax(dim=0)).float().mean().item()
