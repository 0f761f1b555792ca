# An optimiser of its own, with another rate.
# in: ex-04-imitation
# says: ex-04-imitation-1-check: use the optimiser given: with a rate of 0 no
import torch


def imitation_step(teacher_net, student_net, generator_net, optimizer, z) -> float:
    with torch.no_grad():
        images = generator_net(z)
        wanted = teacher_net(images)
    optimizer = torch.optim.SGD(student_net.parameters(), lr=0.01)
    loss = (student_net(images) - wanted).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
