# The steps of one round.
# in: ex-00-steps
# says: ex-00-steps-check: the steps of one round


def student_steps(chosen) -> int:
    return chosen.imitation_steps


def images_seen(chosen) -> int:
    return chosen.rounds * chosen.imitation_steps * chosen.batch_size
