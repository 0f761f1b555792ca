# The steps of each round, in a list.
# in: ex-00-steps
# says: ex-00-steps-check: add up what is in the list


def student_steps(chosen):
    return [chosen.imitation_steps] * chosen.rounds


def images_seen(chosen):
    return sum(student_steps(chosen)) * chosen.batch_size
