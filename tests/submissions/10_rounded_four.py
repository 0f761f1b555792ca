# Four bits, whatever is asked for.
# in: ex-10-rounded
# says: ex-10-rounded-check: as many bits as are asked for, and one scale
def fake_quantised(w, bits):
    scale = w.detach().abs().max() / 7
    return w + ((w / scale).round() * scale - w).detach()
