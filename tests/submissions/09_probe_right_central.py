# Right: two questions, one on either side.
# in: ex-09-probe


def probed_gradient(gap, images, way, step):
    slope = (gap(images + step * way) - gap(images - step * way)) / (2 * step)
    return slope.view(-1, 1, 1, 1) * way
