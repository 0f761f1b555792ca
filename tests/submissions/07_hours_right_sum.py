# Right: round after round.
# in: ex-07-hours


def hours_needed(start: float, each: float, images: int, turns: int) -> float:
    return sum(start + each * images for _ in range(turns)) / 3600.0
