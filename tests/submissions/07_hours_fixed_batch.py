# The check's own batch.
# in: ex-07-hours
# says: ex-07-hours-check: use what is given
def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return turns * (start + each * 250) / 3600
