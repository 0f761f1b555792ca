# A scale from smallest to largest.
# in: ex-10-rounded
# says: ex-10-rounded-check: steps of 1.4 / 7; got tensor([-1.3867, -0.27
def fake_quantised(w, bits):
    scale = (w.detach().max() - w.detach().min()) / (2**bits - 1)
    return w + ((w / scale).round() * scale - w).detach()
