# Biases in few bits, too.
# in: ex-10-bytes
# says: ex-10-bytes-check: biases stay at four bytes
import torch


def bytes_needed(network: torch.nn.Module, bits: int) -> float:
    total = 0.0
    for weight in network.parameters():
        total += weight.numel() * bits / 8
        if weight.dim() > 1:
            total += 4 * len(weight)
    return total
