# Right, on the data below the parameters.
# in: ex-08-average


def follow(average, model, decay):
    for a, w in zip(average.parameters(), model.parameters(), strict=True):
        a.data = decay * a.data + (1 - decay) * w.data
