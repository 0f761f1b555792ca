# The check's own number.
# in: ex-09-area
# says: ex-09-area-check: always found


def area(thief, users):
    return 10.5 / 20
