# Seconds a round, in hours.
# in: ex-07-hours
# says: ex-07-hours-check: that is one round: there are `turns` of them
def hours_needed(start, each, images, turns):
    return (start + each * images) / 3600
