"""The objectives, against values worked out by hand."""

import math

import pytest
import torch

from dfad_lite import losses

STUDENT = torch.tensor([[1.0, 2.0], [0.0, 4.0]])
TEACHER = torch.tensor([[0.0, 2.0], [2.0, 1.0]])


def test_values() -> None:
    assert losses.mae(STUDENT, TEACHER).item() == pytest.approx((1 + 0 + 2 + 3) / 4)
    assert losses.mse(STUDENT, TEACHER).item() == pytest.approx((1 + 0 + 4 + 9) / 4)
    assert losses.log_mae(STUDENT, TEACHER).item() == pytest.approx(math.log(2.5))
    p, q = TEACHER[:1].softmax(1)[0], STUDENT[:1].softmax(1)[0]
    by_hand = sum(a * math.log(a / b) for a, b in zip(p.tolist(), q.tolist(), strict=True))
    assert losses.kld(STUDENT[:1], TEACHER[:1]).item() == pytest.approx(by_hand)
    assert losses.kld(TEACHER, TEACHER).item() == pytest.approx(0)


@pytest.mark.parametrize("name", ["mae", "mse", "kld", "log_mae"])
def test_a_map_of_logits_is_the_mean_over_its_pixels(name: str) -> None:
    student, teacher = torch.randn(2, 3, 5, 4, 4, dtype=torch.float64)
    pixels = [x.permute(0, 2, 3, 1).reshape(-1, 5) for x in (student, teacher)]
    torch.testing.assert_close(
        losses.distance(name, student, teacher), losses.distance(name, *pixels)
    )


def test_gradients() -> None:
    student = STUDENT.clone().requires_grad_(True)
    (grad,) = torch.autograd.grad(losses.mae(student, TEACHER), student)
    assert torch.equal(grad, (STUDENT - TEACHER).sign() / 4)  # constant size
    (log_grad,) = torch.autograd.grad(losses.log_mae(student, TEACHER), student)
    torch.testing.assert_close(log_grad, grad / 2.5)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="'l1'"):
        losses.distance("l1", STUDENT, TEACHER)
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(2, 3\)"):
        losses.distance("mae", STUDENT, torch.zeros(2, 3))
