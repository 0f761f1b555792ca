# Right: by the last dimension, shifted by the largest.
# in: ex-01-softened
def softened(logits, temperature):
    shifted = logits / temperature
    powers = (shifted - shifted.amax(dim=-1, keepdim=True)).exp()
    return powers / powers.sum(dim=-1, keepdim=True)
