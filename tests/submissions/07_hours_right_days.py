# Right: by timedelta.
# in: ex-07-hours
from datetime import timedelta


def hours_needed(start, each, images, turns):
    return timedelta(seconds=turns * (start + each * images)) / timedelta(hours=1)
