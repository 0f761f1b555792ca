# Nothing comes back.
# in: ex-09-probe
# says: ex-09-probe-check: nothing came back


def probed_gradient(gap, images, way, step):
    slope = (gap(images + step * way) - gap(images)) / step
    slope.view(-1, 1, 1, 1) * way
