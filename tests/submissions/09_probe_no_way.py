# The slope alone.
# in: ex-09-probe
# says: ex-09-probe-check: as the images


def probed_gradient(gap, images, way, step):
    return (gap(images + step * way) - gap(images)) / step
