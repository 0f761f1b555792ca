# The scales are forgotten.
# in: ex-10-bytes
# says: ex-10-bytes-check: each output channel's scale takes four
import torch


def bytes_needed(network: torch.nn.Module, bits: int) -> float:
    return sum(w.numel() * (bits / 8 if w.dim() > 1 else 4) for w in network.parameters())
