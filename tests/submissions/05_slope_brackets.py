# Brackets are missing.
# in: ex-05-slope
# says: ex-05-slope-check: brackets


def pull(gap):
    return 1 / (gap or 1) + 1
