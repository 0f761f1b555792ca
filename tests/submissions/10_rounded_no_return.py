# Nothing comes back.
# in: ex-10-rounded
# says: ex-10-rounded-check: nothing came back: a return is missing


def fake_quantised(w, bits):
    scale = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    _ = w + ((w / scale).round() * scale - w).detach()
