# Right, by SciPy's rank test.
# in: ex-09-area
from scipy.stats import mannwhitneyu


def area(thief, users):
    larger = mannwhitneyu(thief.numpy(), users.numpy()).statistic
    return float(larger / len(thief) / len(users))
