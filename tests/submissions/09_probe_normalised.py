# Along the direction made one long.
# in: ex-09-probe
# says: ex-09-probe-check: for a step of 1e-4 [[3.0, 0.0], [48.0, -24.0
def probed_gradient(gap, images, way, step):
    way = way / way.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    slope = (gap(images + step * way) - gap(images)) / step
    return slope.view(-1, 1, 1, 1) * way
