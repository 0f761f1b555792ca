# The smaller margin of the two networks.
# in: ex-03-certified
# says: ex-03-certified-check: the teacher's margin alone counts, however s
import torch


def is_certified(teacher_logits, student_logits):
    pairs = [x.topk(2, dim=1).values for x in (teacher_logits, student_logits)]
    margins = torch.stack([p[:, 0] - p[:, 1] for p in pairs]).amin(0)
    return (teacher_logits - student_logits).abs().amax(dim=1) < margins / 2
