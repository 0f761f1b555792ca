# Three questions.
# in: ex-09-probe
# says: ex-09-probe-check: you asked 3 time


def probed_gradient(gap, images, way, step):
    gap(images)
    slope = (gap(images + step * way) - gap(images - step * way)) / (2 * step)
    return slope.view(-1, 1, 1, 1) * way
