# Right, all in one tensor.
# in: ex-10-range
import torch


def calibrated_range(batches):
    every = torch.cat([torch.zeros(1), *(batch.flatten() for batch in batches)])
    return every.min().item(), every.max().item()
