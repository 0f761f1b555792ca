# Bits, not bytes.
# in: ex-10-bytes
# says: ex-10-bytes-check: a byte has eight
import torch


def bytes_needed(network: torch.nn.Module, bits: int) -> float:
    total = 0
    for w in network.parameters():
        total += w.numel() * bits + 32 * len(w) if w.dim() > 1 else 32 * w.numel()
    return total
