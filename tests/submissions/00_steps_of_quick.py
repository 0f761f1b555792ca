# The profile's numbers, whatever comes in.
# in: ex-00-steps
# says: ex-00-steps-check: 7 rounds of 3 steps are 21


def student_steps(chosen) -> int:
    return 200 * 5


def images_seen(chosen) -> int:
    return 200 * 5 * 128
