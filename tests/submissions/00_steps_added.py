# Added, not multiplied.
# in: ex-00-steps
# says: ex-00-steps-check: 7 rounds of 3 steps are 21


def student_steps(chosen) -> int:
    return chosen.rounds + chosen.imitation_steps


def images_seen(chosen) -> int:
    return chosen.rounds * chosen.imitation_steps * chosen.batch_size
