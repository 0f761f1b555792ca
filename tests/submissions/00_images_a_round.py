# A batch a round.
# in: ex-00-steps
# says: ex-00-steps-check: a batch at every student step


def student_steps(chosen) -> int:
    return chosen.rounds * chosen.imitation_steps


def images_seen(chosen) -> int:
    return chosen.rounds * chosen.batch_size
