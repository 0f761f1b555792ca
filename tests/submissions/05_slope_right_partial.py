# Right: one less a / (a + 1).
# in: ex-05-slope
def pull(gap: float) -> float:
    return 1 - gap / (1 + gap)
