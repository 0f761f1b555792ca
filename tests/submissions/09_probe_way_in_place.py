# The directions are shortened in place.
# in: ex-09-probe
# says: ex-09-probe-check: the directions given have changed


def probed_gradient(gap, images, way, step):
    near = images + way.mul_(step)
    slope = (gap(near) - gap(images)) / step
    return slope.view(-1, 1, 1, 1) * way / step
