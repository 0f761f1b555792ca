# A half, as at 1.
# in: ex-05-slope
# says: ex-05-slope-check: autograd says


def pull(gap):
    return 1 / (gap + 2)
