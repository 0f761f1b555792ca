# The generator's minus.
# in: ex-05-slope
# says: ex-05-slope-check: above zero


def pull(gap):
    return -1 / (gap + 1)
