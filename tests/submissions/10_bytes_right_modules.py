# Right: by the modules.
# in: ex-10-bytes
def bytes_needed(network, bits):
    total = 0
    for layer in network.modules():
        own = dict(layer.named_parameters(recurse=False))
        if "weight" in own:
            total += own["weight"].numel() * bits / 8 + 4 * own["weight"].shape[0]
        if "bias" in own:
            total += 4 * own["bias"].numel()
    return total
