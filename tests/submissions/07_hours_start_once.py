# The constant part once.
# in: ex-07-hours
# says: ex-07-hours-check: comes every round


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return (start + turns * each * images) / 3600
