# Divided by the thieves alone.
# in: ex-09-area
# says: ex-09-area-check: divide by the number of pairs


def area(thief, users):
    larger, equal = thief[:, None] > users, thief[:, None] == users
    return (larger.double() + equal.double() / 2).sum().item() / len(thief)
