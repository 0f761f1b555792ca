# Images of the rounds, and of the generation stage beside.
# in: ex-00-steps
# says: ex-00-steps-check: from the generation stage's images the stude
def student_steps(chosen):
    return chosen.rounds * chosen.imitation_steps


def images_seen(chosen):
    return chosen.rounds * (chosen.imitation_steps + 1) * chosen.batch_size
