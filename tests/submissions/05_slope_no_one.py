# The slope of log a.
# in: ex-05-slope
# says: ex-05-slope-check: log(a + 1), not log a


def pull(gap):
    return 1 / gap
