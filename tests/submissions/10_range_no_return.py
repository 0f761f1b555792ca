# Nothing comes back.
# in: ex-10-range
# says: ex-10-range-check: nothing came back: a return is missing


def calibrated_range(batches):
    _ = min(batch.min() for batch in batches), max(batch.max() for batch in batches)
