# Nothing comes back.
# in: ex-10-bytes
# says: ex-10-bytes-check: nothing came back: a return is missing


def bytes_needed(network, bits):
    _ = sum(p.numel() for p in network.parameters()) * bits / 8
