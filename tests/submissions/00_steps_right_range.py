# Right: counted by loops.
# in: ex-00-steps
def student_steps(chosen):
    return len([None for _ in range(chosen.rounds) for _ in range(chosen.imitation_steps)])


def images_seen(chosen):
    return sum(chosen.batch_size for _ in range(student_steps(chosen)))
