# Slopes laid along the pixels.
# in: ex-09-probe
# says: ex-09-probe-check: for a step of 1e-4 [[3.0, 0.0], [48.0, -24.0
def probed_gradient(gap, images, way, step):
    slope = (gap(images + step * way) - gap(images)) / step
    return slope * way
