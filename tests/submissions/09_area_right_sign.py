# Right, by signs.
# in: ex-09-area


def area(thief, users):
    return ((thief[:, None] - users).sign().double().mean().item() + 1) / 2
