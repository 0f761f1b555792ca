# In percent.
# in: ex-02-agreement
# says: ex-02-agreement-check: a share lies between 0 and 1


def agreement(a, b):
    return 100 * (a.argmax(dim=1) == b.argmax(dim=1)).float().mean().item()
