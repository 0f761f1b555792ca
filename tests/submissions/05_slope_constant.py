# For a gap of a half only.
# in: ex-05-slope
# says: ex-05-slope-check: autograd says


def pull(gap):
    return 1 / 1.5
