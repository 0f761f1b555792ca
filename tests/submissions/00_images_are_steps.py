# Steps again.
# in: ex-00-steps
# says: ex-00-steps-check: 21 steps on 10 images


def student_steps(chosen) -> int:
    return chosen.rounds * chosen.imitation_steps


def images_seen(chosen) -> int:
    return student_steps(chosen)
