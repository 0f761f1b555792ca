# Divided by two steps.
# in: ex-09-probe
# says: ex-09-probe-check: divide by the step, not by two of them
def probed_gradient(gap, images, way, step):
    slope = (gap(images + step * way) - gap(images)) / (2 * step)
    return slope.view(-1, 1, 1, 1) * way
