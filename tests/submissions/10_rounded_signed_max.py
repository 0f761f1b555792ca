# The largest number, not the largest magnitude.
# in: ex-10-rounded
# says: ex-10-rounded-check: steps of 1.4 / 7; got tensor([-1.3600, -0.29
def fake_quantised(w, bits):
    scale = w.detach().max() / (2 ** (bits - 1) - 1)
    return w + ((w / scale).round() * scale - w).detach()
