# A forgotten return.
# in: ex-07-hours
# says: ex-07-hours-check: nothing came back: a return is missing
def hours_needed(start, each, images, turns):
    turns * (start + each * images) / 3600
