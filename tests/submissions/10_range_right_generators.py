# Right, by Python's min and max.
# in: ex-10-range


def calibrated_range(batches):
    low = min(float(batch.amin()) for batch in batches)
    high = max(float(batch.amax()) for batch in batches)
    return min(low, 0.0), max(high, 0.0)
