# Without the constant part.
# in: ex-07-hours
# says: ex-07-hours-check: does not depend on the batch is missing


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return turns * each * images / 3600
