# Compares the means.
# in: ex-09-area
# says: ex-09-area-check: each pair, not


def area(thief, users):
    return float(thief.mean() > users.mean())
