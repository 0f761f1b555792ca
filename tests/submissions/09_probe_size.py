# The size of the slope.
# in: ex-09-probe
# says: ex-09-probe-check: the rise has a sign


def probed_gradient(gap, images, way, step):
    slope = (gap(images + step * way) - gap(images)).abs() / step
    return slope.view(-1, 1, 1, 1) * way
