# Right: the two answers side by side.
# in: ex-09-probe
def probed_gradient(gap, images, way, step):
    here, there = (gap(x) for x in (images, images + way * step))
    return ((there - here) / step)[:, None, None, None] * way
