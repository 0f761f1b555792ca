# A whole u.
# in: ex-09-probe
# says: ex-09-probe-check: not a whole u


def probed_gradient(gap, images, way, step):
    return (gap(images + way) - gap(images)).view(-1, 1, 1, 1) * way
