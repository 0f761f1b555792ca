# A scale for each row.
# in: ex-10-rounded
# says: ex-10-rounded-check: as many bits as are asked for, and one scale
def fake_quantised(w, bits):
    scale = w.detach().abs().amax(dim=-1, keepdim=True) / (2 ** (bits - 1) - 1)
    return w + ((w / scale).round() * scale - w).detach()
