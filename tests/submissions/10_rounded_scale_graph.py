# The whole rounded tensor detached but the scale.
# in: ex-10-rounded
# says: ex-10-rounded-check: the gradient should be 1, not tensor([1.0571
def fake_quantised(w, bits):
    scale = w.abs().max() / (2 ** (bits - 1) - 1)
    return w + ((w / scale).round() - w / scale).detach() * scale
