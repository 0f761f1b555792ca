# Without no_grad.
# in: ex-08-average
# says: ex-08-average-check: work under torch.no_grad()


def follow(average, model, decay):
    for a, w in zip(average.parameters(), model.parameters(), strict=True):
        a.mul_(decay).add_(w, alpha=1 - decay)
