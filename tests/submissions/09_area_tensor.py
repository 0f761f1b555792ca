# A tensor.
# in: ex-09-area
# says: ex-09-area-check: plain number


def area(thief, users):
    larger, equal = thief[:, None] > users, thief[:, None] == users
    return (larger.double() + equal.double() / 2).mean()
