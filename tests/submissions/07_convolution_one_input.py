# Forgets the input channels.
# in: ex-07-convolution
# says: ex-07-convolution-check: sums over all input channels


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    return outputs * kernel**2 * height * width
