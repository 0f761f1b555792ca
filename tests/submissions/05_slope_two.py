# Of the logarithm to base 2.
# in: ex-05-slope
# says: ex-05-slope-check: natural logarithm
import math


def pull(gap):
    return 1 / ((gap + 1) * math.log(2))
