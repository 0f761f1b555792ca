# The slopes, one an image.
# in: ex-09-probe
# says: ex-09-probe-check: as the images: (2, 1, 1, 2), not torch.Size(
def probed_gradient(gap, images, way, step):
    return (gap(images + step * way) - gap(images)) / step
