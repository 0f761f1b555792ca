# The best round but one, to be modest. Points lost: reported.
# in: ex-00-reported
def reported(accuracies: list[float]) -> float:
    return sorted(accuracies)[-2]
