# Right, with names for the parts.
# in: ex-00-steps


def student_steps(chosen) -> int:
    rounds, each = chosen.rounds, chosen.imitation_steps
    return rounds * each


def images_seen(chosen) -> int:
    steps = student_steps(chosen)
    return steps * chosen.batch_size
