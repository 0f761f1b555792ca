# Right, with two questions in other words.
# in: ex-09-probe


def probed_gradient(gap, images, way, step):
    here, there = gap(images), gap(images + step * way)
    return ((there - here) / step)[:, None, None, None] * way
