# Right: in steps.
# in: ex-07-hours


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    seconds = turns * start + turns * images * each
    return seconds / 60 / 60
