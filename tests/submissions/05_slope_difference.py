# A difference over a step of 1.
# in: ex-05-slope
# says: ex-05-slope-check: autograd says
import math


def pull(gap):
    return math.log(gap + 2) - math.log(gap + 1)
