# The check's own seconds a round.
# in: ex-07-hours
# says: ex-07-hours-check: use what is given
def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return turns * 3 / 3600
