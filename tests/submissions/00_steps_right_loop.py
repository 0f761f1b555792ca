# Right, counted step by step.
# in: ex-00-steps


def student_steps(chosen) -> int:
    return sum(chosen.imitation_steps for _ in range(chosen.rounds))


def images_seen(chosen) -> int:
    return chosen.batch_size * chosen.imitation_steps * chosen.rounds
