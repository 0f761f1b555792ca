# Downhill.
# in: ex-09-probe
# says: ex-09-probe-check: uphill


def probed_gradient(gap, images, way, step):
    slope = (gap(images) - gap(images + step * way)) / step
    return slope.view(-1, 1, 1, 1) * way
