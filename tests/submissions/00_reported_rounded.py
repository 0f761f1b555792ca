# Rounded to one decimal.
# in: ex-00-reported
# says: ex-00-reported-check: 0.9 is none that can be reported: take the l
def reported(accuracies):
    return round(accuracies[-1], 1)
