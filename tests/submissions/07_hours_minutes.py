# Minutes.
# in: ex-07-hours
# says: ex-07-hours-check: that is in minutes


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return turns * (start + each * images) / 60
