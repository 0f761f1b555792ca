# Right, by way of the state.
# in: ex-08-average


def follow(average, model, decay):
    old, new = average.state_dict(), model.state_dict()
    average.load_state_dict({k: decay * old[k] + (1 - decay) * new[k] for k in old})
