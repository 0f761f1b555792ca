# A square image.
# in: ex-07-convolution
# says: ex-07-convolution-check: the output has height x width pixels
def convolution_cost(inputs, outputs, kernel, height, width):
    return inputs * outputs * kernel**2 * height**2
