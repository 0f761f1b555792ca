# Right: a weight at a time.
# in: ex-07-convolution
def convolution_cost(inputs, outputs, kernel, height, width):
    an_output = sum(kernel * kernel for _ in range(inputs))
    return an_output * (outputs * height * width)
