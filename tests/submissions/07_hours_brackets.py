# (start + each) times images.
# in: ex-07-hours
# says: ex-07-hours-check: 1,200 rounds of 3 s are an hour; you have 42.5000
def hours_needed(start, each, images, turns):
    return turns * (start + each) * images / 3600
