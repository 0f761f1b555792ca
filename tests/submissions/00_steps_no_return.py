# Nothing comes back.
# in: ex-00-steps
# says: ex-00-steps-check: nothing came back


def student_steps(chosen) -> int:
    chosen.rounds * chosen.imitation_steps


def images_seen(chosen) -> int:
    chosen.rounds * chosen.imitation_steps * chosen.batch_size
