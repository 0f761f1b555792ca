# Upside down.
# in: ex-05-slope
# says: ex-05-slope-check: the inverse


def pull(gap):
    return gap + 1
