# Minutes.
# in: ex-07-hours
# says: ex-07-hours-check: 1,200 rounds of 3 s are an hour


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return turns * (start + each * images) / 60
