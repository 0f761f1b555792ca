# Divided by 60 once for each part.
# in: ex-07-hours
# says: ex-07-hours-check: that is in minutes: an hour has 60 of them
def hours_needed(start, each, images, turns):
    return (start * turns + each * images * turns) / 60
