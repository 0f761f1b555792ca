# The logarithm itself.
# in: ex-05-slope
# says: ex-05-slope-check: that is log(a + 1) itself
import math


def pull(gap):
    return math.log(gap + 1)
