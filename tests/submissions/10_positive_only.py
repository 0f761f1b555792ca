# As if all numbers came from a ReLU. Points lost: range.
# in: ex-10-range


def calibrated_range(batches) -> tuple[float, float]:
    return 0.0, max(0.0, *(b.max().item() for b in batches))
