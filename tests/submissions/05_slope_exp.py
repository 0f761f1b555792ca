# An exponential.
# in: ex-05-slope
# says: ex-05-slope-check: autograd says
import math


def pull(gap):
    return math.exp(-gap)
