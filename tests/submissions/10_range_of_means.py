# The smallest and largest mean of the batches.
# in: ex-10-range
# says: ex-10-range-check: expected 0 and 7, got 0.0 and 3.875
def calibrated_range(batches):
    means = [batch.mean().item() for batch in batches]
    return min(0.0, *means), max(0.0, *means)
