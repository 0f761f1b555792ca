# The number of weights.
# in: ex-07-convolution
# says: ex-07-convolution-check: those are the weights: each is used at every output pixel
def convolution_cost(inputs, outputs, kernel, height, width):
    return inputs * outputs * kernel**2
