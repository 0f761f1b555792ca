# The batches change their order.
# in: ex-10-range
# says: ex-10-range-check: what was given has changed: only read it
def calibrated_range(batches: list) -> tuple[float, float]:
    batches.sort(key=lambda batch: batch.max().item())
    low = min(0.0, min(batch.min().item() for batch in batches))
    return low, max(0.0, batches[-1].max().item())
