# MAE's own.
# in: ex-05-slope
# says: ex-05-slope-check: falls as the gap grows


def pull(gap):
    return 1.0
