# Right: larger, and larger or equal, half each.
# in: ex-09-area


def area(thief, users):
    difference = thief.view(-1, 1) - users.view(1, -1)
    return ((difference > 0).float().mean() / 2 + (difference >= 0).float().mean() / 2).item()
