# Asked close by only.
# in: ex-09-probe
# says: ex-09-probe-check: you asked 1 time


def probed_gradient(gap, images, way, step):
    return (gap(images + step * way) / step).view(-1, 1, 1, 1) * way
