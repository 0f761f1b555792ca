# Rounded to hours. Points lost: hours.
# in: ex-07-hours


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return round(turns * (start + each * images) / 3600)
