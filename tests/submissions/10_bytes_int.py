# Everything in bits.
# in: ex-10-bytes
# says: ex-10-bytes-check: biases stay at four bytes a number
def bytes_needed(network, bits):
    return sum(p.numel() for p in network.parameters()) * bits / 8
