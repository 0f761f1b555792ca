# Right, as two lambdas.
# in: ex-00-steps


student_steps = lambda chosen: chosen.imitation_steps * chosen.rounds  # noqa: E731
images_seen = lambda chosen: chosen.batch_size * student_steps(chosen)  # noqa: E731
