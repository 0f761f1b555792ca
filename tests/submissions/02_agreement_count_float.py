# A count, as a float.
# in: ex-02-agreement
# says: ex-02-agreement-check: that is a count


def agreement(a, b):
    return (a.argmax(dim=1) == b.argmax(dim=1)).float().sum().item()
