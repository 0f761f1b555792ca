# 2a / (a + 1).
# in: ex-05-slope
# says: ex-05-slope-check: at 3.0 autograd says 0.2500, you say 1.5000
def pull(gap: float) -> float:
    return 2 * gap / (gap + 1)
