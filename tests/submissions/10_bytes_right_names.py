# Right, by the parameters' names.
# in: ex-10-bytes


def bytes_needed(network, bits):
    total = 0
    for name, p in network.named_parameters():
        total += p.numel() * bits / 8 + 4 * p.size(0) if name.endswith("weight") else 4 * p.numel()
    return total
