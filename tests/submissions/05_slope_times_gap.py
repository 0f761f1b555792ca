# Times the gap.
# in: ex-05-slope
# says: ex-05-slope-check: autograd says


def pull(gap):
    return gap / (gap + 1)
