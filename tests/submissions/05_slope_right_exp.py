# Right, by way of the logarithm itself.
# in: ex-05-slope
import math


def pull(gap):
    return math.exp(-math.log1p(gap))
