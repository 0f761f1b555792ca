# A mean of each batch's largest.
# in: ex-10-range
# says: ex-10-range-check: cuts the largest off


def calibrated_range(batches) -> tuple[float, float]:
    highs = [max(0.0, b.max().item()) for b in batches]
    lows = [min(0.0, b.min().item()) for b in batches]
    return sum(lows) / len(lows), sum(highs) / len(highs)
