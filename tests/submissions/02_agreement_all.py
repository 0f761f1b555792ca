# Whether all agree.
# in: ex-02-agreement
# says: ex-02-agreement-check: not all at once


def agreement(a, b):
    return float(bool((a.argmax(dim=1) == b.argmax(dim=1)).all()))
