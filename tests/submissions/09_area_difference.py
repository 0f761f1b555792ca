# The difference of the means.
# in: ex-09-area
# says: ex-09-area-check: each pair, not


def area(thief, users):
    return (thief.mean() - users.mean()).item()
