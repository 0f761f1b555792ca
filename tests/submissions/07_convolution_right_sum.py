# Right: an output number at a time.
# in: ex-07-convolution


def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    each = sum(1 for _ in range(inputs) for _ in range(kernel * kernel))
    return each * outputs * height * width
