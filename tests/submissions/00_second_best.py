# The best round but one, to be modest.
# in: ex-00-reported
# says: ex-00-reported-check: take the last round's
def reported(accuracies: list[float]) -> float:
    return sorted(accuracies)[-2]
