# In percent.
# in: ex-09-area
# says: ex-09-area-check: between 0 and 1


def area(thief, users):
    larger, equal = thief[:, None] > users, thief[:, None] == users
    return 100 * (larger.double() + equal.double() / 2).mean().item()
