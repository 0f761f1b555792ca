# The check's own channels.
# in: ex-07-convolution
# says: ex-07-convolution-check: use channels and sizes that are given
def convolution_cost(inputs: int, outputs: int, kernel: int, height: int, width: int):
    return 48 * kernel**2 * height * width
