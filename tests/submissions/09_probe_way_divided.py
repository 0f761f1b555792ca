# Divided by the length of u, too.
# in: ex-09-probe
# says: ex-09-probe-check: for a step of


def probed_gradient(gap, images, way, step):
    slope = (gap(images + step * way) - gap(images)) / step
    slope = slope / way.flatten(1).norm(dim=1)
    return slope.view(-1, 1, 1, 1) * way
