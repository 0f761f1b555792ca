# Right, as one sum.
# in: ex-10-bytes


def bytes_needed(network, bits):
    weights = [p for p in network.parameters() if p.dim() > 1]
    biases = [p for p in network.parameters() if p.dim() == 1]
    scales = sum(p.shape[0] for p in weights)
    return sum(p.numel() for p in weights) * bits / 8 + 4 * (scales + sum(map(len, biases)))
