# Nothing happens.
# in: ex-08-average
# says: ex-08-average-check: nothing moved


def follow(average, model, decay):
    pass
