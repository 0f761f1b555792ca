# Inputs and outputs added.
# in: ex-07-convolution
# says: ex-07-convolution-check: each output channel sums over all inputs: multiply
def convolution_cost(inputs, outputs, kernel, height, width):
    return (inputs + outputs) * kernel**2 * height * width
