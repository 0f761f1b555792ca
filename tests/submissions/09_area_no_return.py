# Nothing comes back.
# in: ex-09-area
# says: ex-09-area-check: nothing came back


def area(thief, users):
    (thief[:, None] > users).double().mean().item()
