# Without the outermost.
# in: ex-10-range
# says: ex-10-range-check: expected 0 and 7, got 0.0 and 6.720000267028
import torch


def calibrated_range(batches):
    every = torch.cat([batch.flatten() for batch in batches])
    low, high = every.quantile(torch.tensor([0.01, 0.99])).tolist()
    return min(low, 0.0), max(high, 0.0)
