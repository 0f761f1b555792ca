# Whole bytes a number: four bits are none.
# in: ex-10-bytes
# says: ex-10-bytes-check: 198 of weights, 72 of scales, 72 of biases;
def bytes_needed(network, bits):
    total = 0
    for p in network.parameters():
        total += p.numel() * (bits // 8) + 4 * len(p) if p.dim() > 1 else 4 * p.numel()
    return total
