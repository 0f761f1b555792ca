# The width of the range.
# in: ex-10-range
# says: ex-10-range-check: return two numbers: smallest and largest
import torch


def calibrated_range(batches):
    every = torch.cat([batch.flatten() for batch in batches])
    return (every.max() - every.min()).item()
