# Rounded to hours.
# in: ex-07-hours
# says: ex-07-hours-check: do not round


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return round(turns * (start + each * images) / 3600)
