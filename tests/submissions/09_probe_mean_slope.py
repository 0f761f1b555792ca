# One slope for all.
# in: ex-09-probe
# says: ex-09-probe-check: a slope for each image


def probed_gradient(gap, images, way, step):
    slope = ((gap(images + step * way) - gap(images)) / step).mean()
    return slope * way
