# Both numbers from the first function.
# in: ex-00-steps
# says: ex-00-steps-check: 7 rounds of 3 steps are 21, not (21, 210)
def student_steps(chosen):
    steps = chosen.rounds * chosen.imitation_steps
    return steps, steps * chosen.batch_size


def images_seen(chosen):
    return student_steps(chosen)[1]
