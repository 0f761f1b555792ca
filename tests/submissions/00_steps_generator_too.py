# The generator's step is counted.
# in: ex-00-steps
# says: ex-00-steps-check: no step of the student's


def student_steps(chosen) -> int:
    return chosen.rounds * (chosen.imitation_steps + 1)


def images_seen(chosen) -> int:
    return chosen.rounds * chosen.imitation_steps * chosen.batch_size
