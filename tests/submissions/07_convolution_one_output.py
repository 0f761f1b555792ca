# For one output channel.
# in: ex-07-convolution
# says: ex-07-convolution-check: torch counts


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    return inputs * kernel**2 * height * width
