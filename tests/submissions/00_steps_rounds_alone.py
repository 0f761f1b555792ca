# A step a round.
# in: ex-00-steps
# says: ex-00-steps-check: imitation_steps student steps, not one


def student_steps(chosen) -> int:
    return chosen.rounds


def images_seen(chosen) -> int:
    return chosen.rounds * chosen.imitation_steps * chosen.batch_size
