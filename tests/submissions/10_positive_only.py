# As if all numbers came from a ReLU.
# in: ex-10-range
# says: ex-10-range-check: all negative


def calibrated_range(batches) -> tuple[float, float]:
    return 0.0, max(0.0, *(b.max().item() for b in batches))
