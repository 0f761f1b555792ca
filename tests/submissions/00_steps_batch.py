# A step for each image.
# in: ex-00-steps
# says: ex-00-steps-check: 7 rounds of 3 steps are 21, not 210
def student_steps(chosen):
    return chosen.rounds * chosen.imitation_steps * chosen.batch_size


def images_seen(chosen):
    return student_steps(chosen)
