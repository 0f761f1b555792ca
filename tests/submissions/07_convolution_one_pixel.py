# For one output pixel.
# in: ex-07-convolution
# says: ex-07-convolution-check: each is used at every output pixel


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    return inputs * outputs * kernel**2
