# One scale a layer.
# in: ex-10-bytes
# says: ex-10-bytes-check: not one for each layer
import torch


def bytes_needed(network: torch.nn.Module, bits: int) -> float:
    total = 0.0
    for weight in network.parameters():
        total += weight.numel() * bits / 8 + 4 if weight.dim() > 1 else 4 * weight.numel()
    return total
