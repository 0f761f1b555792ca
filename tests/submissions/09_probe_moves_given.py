# The images given have moved.
# in: ex-09-probe
# says: ex-09-probe-check: the images given moved


def probed_gradient(gap, images, way, step):
    here = gap(images.clone())
    images += step * way
    return ((gap(images) - here) / step).view(-1, 1, 1, 1) * way
