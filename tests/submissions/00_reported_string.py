# As text.
# in: ex-00-reported
# says: ex-00-reported-check: one number, an accuracy, not '0.930'
def reported(accuracies):
    return f"{accuracies[-1]:.3f}"
