# A scale for each input channel.
# in: ex-10-bytes
# says: ex-10-bytes-check: each OUTPUT channel needs a scale
def bytes_needed(network, bits):
    total = 0.0
    for p in network.parameters():
        total += p.numel() * bits / 8 + 4 * p.shape[1] if p.dim() > 1 else 4 * p.numel()
    return total
