# As text.
# in: ex-07-hours
# says: ex-07-hours-check: return a number of hours, not '1.00 h'
def hours_needed(start, each, images, turns):
    return f"{turns * (start + each * images) / 3600:.2f} h"
