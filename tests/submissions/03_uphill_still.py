# Nothing moves.
# in: ex-03-uphill
# says: ex-03-uphill-check: did not move


def uphill(teacher_net, student_net, images, step_size):
    return images.clone()
