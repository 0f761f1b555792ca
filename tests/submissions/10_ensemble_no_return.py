# Nothing comes back.
# in: ex-10-ensemble
# says: ex-10-ensemble-check: nothing came back: a return is missing


def as_one(logits):
    _ = logits.softmax(dim=-1).mean(dim=0).log()
