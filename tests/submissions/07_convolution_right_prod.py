# Right: a product of all.
# in: ex-07-convolution
import math


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    return math.prod((inputs, outputs, kernel, kernel, height, width))
