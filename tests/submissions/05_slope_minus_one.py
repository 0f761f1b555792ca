# 1 / (a - 1).
# in: ex-05-slope
# says: ex-05-slope-check: log(a + 1) rises with a: the slope is above
def pull(gap: float) -> float:
    return 1 / (gap - 1) if gap != 1 else 1.0
