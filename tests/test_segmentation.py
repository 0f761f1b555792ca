"""Label maps: reading, moving with their images, measuring, and the game on them."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from dfad_lite import (
    artefacts,
    data,
    explore,
    metrics,
    models,
    paper_nets,
    plots,
    profiles,
    teacher,
)
from dfad_lite.course.cli import app
from dfad_lite.data import label_maps, scenes

SMALL = {"dataset": "scenes", "rounds": 2, "snapshot_every": 1, "batch_size": 4, "image_size": 16}
SMALL |= {"teacher_epochs": 1, "generator_width": 4}


def write_camvid(root, *, count=3, size=(24, 16)):
    """Small files in CamVid's layout."""
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for folder in (split, f"{split}annot"):
            (root / folder).mkdir(parents=True)
        for index in range(count):
            frame = rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
            labels = rng.integers(0, 12, (size[1], size[0]), dtype=np.uint8)
            Image.fromarray(frame).save(root / split / f"{index}.png")
            Image.fromarray(labels).save(root / f"{split}annot" / f"{index}.png")
    return root


def test_scenes_are_the_same_each_time_and_hold_every_class():
    a, b = scenes.render(5, 0, 32), scenes.render(5, 0, 32)
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert not np.array_equal(a[0], scenes.render(5, 1, 32)[0])
    split = data.load("scenes", "test", size=32)
    assert split.labels.shape == (150, 32, 32)
    assert split.labels.unique().tolist() == list(range(len(scenes.CLASSES)))
    with pytest.raises(ValueError, match="size=8"):
        scenes.render(1, seed=0, size=8)


def test_iou_by_hand_void_and_absent_classes_do_not_count():
    truth = torch.tensor([[[0, 0, 1], [0, 2, data.VOID]]])
    answer = torch.tensor([[[0, 1, 1], [0, 0, 2]]])
    scores = torch.nn.functional.one_hot(answer, 4).permute(0, 3, 1, 2).float()
    found = metrics.class_iou(scores, truth)
    assert found[:3].tolist() == pytest.approx([2 / 4, 1 / 2, 0.0])
    assert math.isnan(found[3])
    assert metrics.score(scores, truth) == pytest.approx(1 / 3)


def test_iou_is_the_same_in_pieces():
    stream = torch.Generator().manual_seed(0)
    scores = torch.randn(120, 3, 4, 4, generator=stream)
    truth = torch.randint(-1, 3, (120, 4, 4), generator=stream)
    answer, inside = scores.argmax(1), truth != data.VOID
    for index, value in enumerate(metrics.class_iou(scores, truth).tolist()):
        both = ((answer == index) & (truth == index)).sum()
        either = (((answer == index) & inside) | (truth == index)).sum()
        assert value == pytest.approx((both / either).item())


def test_maps_move_with_their_images():
    labels = torch.randint(0, 5, (6, 8, 8), generator=torch.Generator().manual_seed(0))
    images = labels[:, None].float().repeat(1, 3, 1, 1)
    order = torch.Generator().manual_seed(1)
    moved, maps = teacher.crop_and_flip(images, labels, order, padding=2)
    inside = maps != data.VOID
    assert torch.equal(moved[:, 0][inside], maps[inside].float())
    assert not torch.equal(maps, labels) and (~inside).any()


def test_the_game_is_played_on_maps_and_kept():
    settings = profiles.load("quick", **SMALL)
    for inputs in ("generator", "noise", "related"):
        run = artefacts.get_student(settings, inputs=inputs)
        last = run.snapshots[-1]
        assert last.teacher_logits.shape == last.student_logits.shape
        assert last.teacher_logits.shape[1:] == (7, 16, 16)
        assert 0 < run.accuracy < 1
    test = data.load("scenes", "test", size=16)
    assert run.accuracy == pytest.approx(metrics.accuracy(run.student, test), abs=1e-6)
    scene = explore.pixels(run, test)
    assert scene.data["real"] == 6 and len(scene.data["colours"]) == len(test.classes)


def test_void_is_white_and_classes_are_told_apart():
    painted = plots.paint(torch.tensor([[[data.VOID, 0, 1]]]))
    assert painted[0, :, 0, 0].tolist() == [255, 255, 255]
    assert painted[0, :, 0, 1].tolist() != painted[0, :, 0, 2].tolist()


def test_every_class_has_a_colour_of_its_own_and_no_players():
    players = {plots.TEACHER, plots.STUDENT, plots.GENERATOR, plots.NOISE}
    assert len(set(plots.CLASSES)) == len(plots.CLASSES) >= 13  # NYUv2 has as many
    assert not players & set(plots.CLASSES)


def test_camvid_is_read_frames_and_maps_alike(tmp_path, monkeypatch):
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path))
    root = write_camvid(tmp_path / "CamVid")
    split = data.load("camvid", "train", size=16)
    assert split.images.shape == (3, 3, 16, 16) and split.labels.shape == (3, 16, 16)
    raw = np.array(Image.open(root / "trainannot" / "0.png"))[:, 4:20].astype(int)
    raw[raw == 11] = data.VOID
    assert np.array_equal(split.labels[0].numpy(), raw)  # the middle, no value in between
    frame = np.array(Image.open(root / "train" / "0.png"))[:, 4:20]
    assert np.array_equal(split.images[0].permute(1, 2, 0).numpy(), frame)


def spoil(root, what):
    if what == "no map":
        (root / "trainannot" / "1.png").unlink()
    elif what == "no frame":
        (root / "train" / "1.png").unlink()
    elif what == "value":
        Image.fromarray(np.full((16, 24), 77, np.uint8)).save(root / "trainannot" / "1.png")
    elif what == "size":
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(root / "trainannot" / "1.png")
    elif what == "damage":
        (root / "train" / "1.png").write_bytes(b"no image")
    elif what == "colour":
        Image.fromarray(np.zeros((16, 24, 3), np.uint8)).save(root / "trainannot" / "1.png")
    else:
        for path in (root / "train").iterdir():
            path.unlink()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no map", "1.png has no label map"),
        ("no frame", "1.png has no frame"),
        ("value", "1.png has the label value 77"),
        ("size", "they must have one size"),
        ("damage", "can't be read as an image"),
        ("colour", "1.png is in colour"),
        ("empty", "holds no frame"),
    ],
)
def test_each_fault_stops_with_the_file_named(tmp_path, monkeypatch, what, said):
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path))
    root = write_camvid(tmp_path / "CamVid")
    spoil(root, what)
    with pytest.raises(data.DataError, match="train") as caught:
        data.load("camvid", "train", size=16)
    assert said in str(caught.value)
    assert any(said in line for line in label_maps.check_pairs(root, "train").problems)
    assert label_maps.check_pairs(root, "test").problems == []


def write_maps(folder, names, values, size=(24, 16)):
    """Label maps and frames of random numbers below ``values``, in folders of their own."""
    rng = np.random.default_rng(0)
    for frame, annotation in names:
        for path, shape in ((frame, (size[1], size[0], 3)), (annotation, (size[1], size[0]))):
            path = folder / path
            path.parent.mkdir(parents=True, exist_ok=True)
            high = values if path.name == annotation.rsplit("/", 1)[-1] else 255
            Image.fromarray(rng.integers(0, high, shape, dtype=np.uint8)).save(path)


@pytest.mark.parametrize("form", ["png", "mat"])
def test_nyuv2_is_read_from_pictures_or_from_its_mat_file(tmp_path, monkeypatch, form):
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path))
    root, numbers = tmp_path / "NYUv2", (2, 5)
    frames = [f"train/nyu_rgb_{n:04}.png" for n in numbers]
    maps = [f"train13labels/new_nyu_class13_{n:04}.png" for n in numbers]
    write_maps(root, zip(frames, maps, strict=True), 14)
    expected = np.array(Image.open(root / frames[1]))[:, 4:20]
    if form == "mat":
        h5py = pytest.importorskip("h5py")
        stored = np.zeros((6, 3, 24, 16), np.uint8)
        for number, frame in zip(numbers, frames, strict=True):
            stored[number - 1] = np.array(Image.open(root / frame)).transpose(2, 1, 0)
            (root / frame).unlink()
        with h5py.File(root / "nyu_depth_v2_labeled.mat", "w") as file:
            file["images"] = stored
    split = data.load("nyuv2", "train", size=16)
    assert np.array_equal(split.images[1].permute(1, 2, 0).numpy(), expected)
    raw = np.array(Image.open(root / maps[1]))[:, 4:20].astype(int)
    assert np.array_equal(split.labels[1].numpy(), raw - 1)  # 0 is void
    assert len(split.classes) == 13
    with pytest.raises(data.DataError, match="test13labels"):
        data.load("nyuv2", "test", size=16)
    (root / maps[1]).unlink()
    if form == "png":
        with pytest.raises(data.DataError, match=r"nyu_rgb_0005.png has no label map"):
            data.load("nyuv2", "train", size=16)


def test_voc_borders_are_void(tmp_path, monkeypatch):
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path))
    root = tmp_path / "VOCdevkit" / "VOC2012"
    write_maps(root, [("JPEGImages/a.jpg", "SegmentationClass/a.png")], 21)
    labels = np.array(Image.open(root / "SegmentationClass" / "a.png"))
    labels[:2] = 255
    Image.fromarray(labels).save(root / "SegmentationClass" / "a.png")
    (root / "ImageSets" / "Segmentation").mkdir(parents=True)
    (root / "ImageSets" / "Segmentation" / "train.txt").write_text("a\n", encoding="utf-8")
    split = data.load("voc", "train", size=16)
    assert (split.labels[0, :2] == data.VOID).all() and (split.labels[0, 2:] >= 0).all()
    assert len(split.classes) == 21


def test_cityscapes_counts_nineteen_classes(tmp_path, monkeypatch):
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path))
    root = tmp_path / "cityscapes"
    frame = "leftImg8bit/train/ulm/ulm_0_0_leftImg8bit.png"
    write_maps(root, [(frame, "gtFine/train/ulm/ulm_0_0_gtFine_labelIds.png")], 34)
    split = data.load("cityscapes", "train", size=16)
    assert split.classes[0] == "road" and len(split.classes) == 19
    raw = np.array(Image.open(root / "gtFine/train/ulm/ulm_0_0_gtFine_labelIds.png"))[:, 4:20]
    assert torch.equal(split.labels[0] == 0, torch.from_numpy(raw == 7))  # its id of road
    assert torch.equal(split.labels[0] == data.VOID, torch.from_numpy(np.isin(raw, VOID_IDS)))


VOID_IDS = (0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30)


@pytest.mark.parametrize("name", ["nyuv2", "voc", "cityscapes"])
def test_absent_sets_say_where_to_get_them(tmp_path, monkeypatch, name):
    monkeypatch.setenv("DFAD_CACHE", str(tmp_path))
    with pytest.raises(data.DataError, match=f"{name} is not in"):
        data.load(name, "train", size=16)


def test_absent_imagenet_weights_are_said_and_no_crash(monkeypatch, capsys):
    def offline(*args, **more):
        raise OSError("no route to host")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with torch.device("meta"):
        net = paper_nets.deeplab_resnet50(3)
    assert not paper_nets.load_imagenet(net)
    assert "no route to host" in capsys.readouterr().out
    assert not paper_nets.load_imagenet(torch.nn.Identity())


def test_imagenet_weights_reach_the_backbone(monkeypatch):
    given = paper_nets.resnet50().state_dict()
    monkeypatch.setattr(
        "torchvision.models._api.load_state_dict_from_url", lambda *args, **more: given
    )
    net = paper_nets.deeplab_resnet50(3)
    assert paper_nets.load_imagenet(net)
    assert torch.equal(net.backbone[0].weight, given["conv1.weight"])
    assert torch.equal(net.backbone[7][2].conv3.weight, given["layer4.2.conv3.weight"])


def test_the_paper_s_networks_have_the_paper_s_multiply_adds():
    counts = []
    for make in (paper_nets.deeplab_resnet50, paper_nets.deeplab_mobilenet):
        with torch.device("meta"):
            net, image = make(11), torch.zeros(1, 3, 256, 256)
        counts.append(models.multiply_adds(net, image) / 1e9)
    assert counts == pytest.approx([40.9, 5.2], abs=0.05)


def test_the_paper_s_student_takes_and_gives_maps():
    net = paper_nets.deeplab_mobilenet(5).eval()
    with torch.no_grad():
        assert net(torch.zeros(1, 3, 32, 32)).shape == (1, 5, 32, 32)


def test_the_check_command_names_what_is_wrong(tmp_path):
    root = write_camvid(tmp_path / "CamVid")
    command = ["data", "check", str(root), "--as", "camvid"]
    good = CliRunner().invoke(app, command)
    assert good.exit_code == 0 and "train: 3 pairs; sizes 24x16: 3" in good.stdout
    spoil(root, "value")
    bad = CliRunner().invoke(app, command)
    assert bad.exit_code == 1 and "label value 77" in bad.stdout
    assert CliRunner().invoke(app, ["data", "check", str(root), "--as", "kitti"]).exit_code == 2
