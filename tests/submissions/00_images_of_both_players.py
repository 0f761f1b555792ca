# The generation stage's images, too.
# in: ex-00-steps
# says: ex-00-steps-check: the student does not learn


def student_steps(chosen) -> int:
    return chosen.rounds * chosen.imitation_steps


def images_seen(chosen) -> int:
    return chosen.rounds * (chosen.imitation_steps + 1) * chosen.batch_size
