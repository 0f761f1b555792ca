# Only the second function forgets its return.
# in: ex-00-steps
# says: ex-00-steps-check: nothing came back


def student_steps(chosen) -> int:
    return chosen.rounds * chosen.imitation_steps


def images_seen(chosen) -> int:
    student_steps(chosen) * chosen.batch_size
