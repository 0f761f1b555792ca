# Symmetric about 0.
# in: ex-10-range
# says: ex-10-range-check: no number is below 0 here: the range need no
def calibrated_range(batches):
    high = max(batch.abs().max().item() for batch in batches)
    return -high, high
