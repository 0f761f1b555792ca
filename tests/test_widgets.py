"""The widgets, kernel side: a control that moves changes the picture."""

import base64

import pytest

from dfad_lite import artefacts, data, explore, plots, profiles


@pytest.fixture(autouse=True)
def style() -> None:
    """As in every notebook: it brings the layout that moves things about."""
    plots.style()


@pytest.fixture(scope="module")
def like() -> data.Split:
    return data.load("digits", "test", size=16)


@pytest.fixture
def run() -> artefacts.StudentRun:
    settings = profiles.load(
        "quick", rounds=6, snapshot_every=2, batch_size=16, teacher_epochs=1, generator_width=4
    )
    return artefacts.get_student(settings)


def is_png(image: object) -> bool:
    coded = image.value.split("data:image/png;base64,")[1]
    return 'alt="' in image.value and base64.b64decode(coded[:8])[:4] == b"\x89PNG"


def test_replay_changes_with_the_slider_and_back(run, like) -> None:
    box = explore.replay(run, like)
    (slider,), image = box.children[0].children, box.children[1]
    first = image.value
    assert is_png(image) and [label for label, _ in slider.options] == ["0", "2", "4", "6"]
    slider.index = 3
    assert is_png(image) and image.value != first
    slider.index = 0
    assert image.value == first


def test_walk_changes_with_each_control(run, like) -> None:
    box = explore.walk(run, like)
    start, end, position = box.children[0].children
    image = box.children[1]
    seen = {image.value}
    for control, value in ((position, 0.5), (start, 7), (end, 9)):
        control.value = value
        seen.add(image.value)
    assert len(seen) == 4


def test_gallery_sorts_and_filters(run, like) -> None:
    box = explore.gallery(run, like)
    kind, order = box.children[0].children
    image = box.children[1]
    hardest = image.value
    order.value = False
    easiest = image.value
    assert easiest != hardest
    absent = set(range(10)) - set(run.snapshots[-1].teacher_logits.argmax(1).tolist())
    kind.value = absent.pop()  # an empty class is said, not an error
    assert is_png(image) and image.value != easiest


def test_every_control_is_labelled(run, like) -> None:
    for box in (explore.replay(run, like), explore.walk(run, like), explore.gallery(run, like)):
        assert all(control.description for control in box.children[0].children)
        assert box.children[1].value.split('alt="')[1]


def test_samples_of_a_frame_match_the_snapshot(run, like) -> None:
    sheet = plots.contact_sheet(data.to_display(run.snapshots[0].images, like.mean, like.std))
    assert sheet.shape == (1, 4 * 17, 16 * 17)


def test_plane_plays_by_buttons_and_says_what_both_answer(run, like) -> None:
    box = explore.plane(seed=0)
    buttons, controls = box.children[0].children, box.children[1].children
    image = box.children[2]
    imitate, generate, ten, reset = buttons
    k, loss, x, _y = controls
    start = image.value
    seen = {start}
    for act in (imitate.click, generate.click, ten.click):
        act()
        assert is_png(image) and image.value not in seen
        seen.add(image.value)
    x.value = 1.5
    assert image.value not in seen
    x.value = 0.0
    reset.click()
    assert image.value == start
    k.value = 10
    imitate.click()
    assert image.value not in seen
    loss.value = "kld"  # another game, at its start: only the loss differs, so the picture does not
    assert image.value == start
