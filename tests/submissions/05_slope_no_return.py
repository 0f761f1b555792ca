# Nothing comes back.
# in: ex-05-slope
# says: ex-05-slope-check: nothing came back


def pull(gap):
    1 / (gap + 1)
