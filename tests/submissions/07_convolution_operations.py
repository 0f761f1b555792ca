# Counts a multiply-add as two.
# in: ex-07-convolution
# says: ex-07-convolution-check: a multiply-add counts once


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    return 2 * inputs * outputs * kernel**2 * height * width
