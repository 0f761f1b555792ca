# By a difference over 0.1.
# in: ex-05-slope
# says: ex-05-slope-check: at 0.5 autograd says 0.6667, you say 0.6454
import math


def pull(gap: float) -> float:
    return (math.log(gap + 1.1) - math.log(gap + 1)) / 0.1
