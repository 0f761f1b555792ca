# Not divided.
# in: ex-09-probe
# says: ex-09-probe-check: divide the rise by the step


def probed_gradient(gap, images, way, step):
    return (gap(images + step * way) - gap(images)).view(-1, 1, 1, 1) * way
