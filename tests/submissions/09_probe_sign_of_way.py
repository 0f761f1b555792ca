# Signs of u.
# in: ex-09-probe
# says: ex-09-probe-check: along u


def probed_gradient(gap, images, way, step):
    slope = (gap(images + step * way) - gap(images)) / step
    return slope.view(-1, 1, 1, 1) * way.sign()
