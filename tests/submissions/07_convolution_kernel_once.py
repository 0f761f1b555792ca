# A kernel of one row.
# in: ex-07-convolution
# says: ex-07-convolution-check: kernel x kernel pixels


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    return inputs * outputs * kernel * height * width
