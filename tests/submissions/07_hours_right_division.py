# Right: rounds an hour.
# in: ex-07-hours


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return turns / (3600 / (start + each * images))
