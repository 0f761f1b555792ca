# The batch forgotten.
# in: ex-07-hours
# says: ex-07-hours-check: the batch is missing: `each` is for one image
def hours_needed(start, each, images, turns):
    return turns * (start + each) / 3600
