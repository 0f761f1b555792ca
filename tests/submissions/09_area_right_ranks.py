# Right, by ranks.
# in: ex-09-area


def area(thief, users):
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(thief, users).statistic / len(thief) / len(users))
