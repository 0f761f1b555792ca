# The slope of 1 / (a + 1), without its sign.
# in: ex-05-slope
# says: ex-05-slope-check: autograd says


def pull(gap):
    return 1 / (gap + 1) ** 2
