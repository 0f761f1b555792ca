# Rounded to two decimals.
# in: ex-05-slope
# says: ex-05-slope-check: autograd says


def pull(gap):
    return round(1 / (gap + 1), 2)
