# Right, as a power.
# in: ex-05-slope


def pull(gap):
    return (gap + 1) ** -1
