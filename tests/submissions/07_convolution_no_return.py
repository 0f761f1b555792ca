# A forgotten return.
# in: ex-07-convolution
# says: ex-07-convolution-check: nothing came back: a return is missing
def convolution_cost(inputs, outputs, kernel, height, width):
    inputs * outputs * kernel**2 * height * width
