# Biases forgotten.
# in: ex-10-bytes
# says: ex-10-bytes-check: each output channel's scale takes four bytes
def bytes_needed(network, bits):
    return sum(p.numel() * bits / 8 + 4 * len(p) for p in network.parameters() if p.dim() > 1)
