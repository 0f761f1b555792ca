# Right, by kthvalue.
# in: ex-01-margin


def margin(logits):
    classes = logits.shape[1]
    return logits.kthvalue(classes, 1).values - logits.kthvalue(classes - 1, 1).values
