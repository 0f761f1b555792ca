# Four bits, whatever is asked for.
# in: ex-10-bytes
# says: ex-10-bytes-check: at 8 bits: 540 bytes
def bytes_needed(network, bits):
    every = list(network.parameters())
    weights = [p for p in every if p.dim() > 1]
    total = sum(p.numel() / 2 + 4 * len(p) for p in weights)
    return total + sum(4 * p.numel() for p in every if p.dim() == 1)
