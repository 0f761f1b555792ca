# Right: the weights, once a pixel.
# in: ex-07-convolution


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    weights = outputs * inputs * kernel * kernel
    return weights * (height * width)
