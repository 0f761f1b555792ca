"""Little street scenes with a class for every pixel: segmentation data that need no download.

A camera stands in a street. What stands still (ground, house fronts, what closes the street)
is found by following each pixel's ray to the plane it meets; cars, poles, trees and
pedestrians are flat shapes put in from far to near. Colours say little: houses, poles and
asphalt share their greys, windows mirror the sky, and a car or a coat may have any colour.

Positions are in metres (X to the right, Z ahead, height above ground), places in the image in
parts of its side (u to the right, v down).
"""

import numpy as np
import torch
from numpy import ndarray as Array
from numpy.random import Generator

from dfad_lite.data.split import DataError, Split, split_of

CLASSES = ("sky", "road", "building", "car", "pole", "tree", "pedestrian")
SKY, ROAD, BUILDING, CAR, POLE, TREE, PEDESTRIAN = range(7)
SPLITS = {"train": (600, 0), "test": (150, 1)}  # how many, and their seed

_FOCAL = 0.9  # in parts of the image's side
_FINER = 2  # drawn this much larger and averaged, so that edges are soft
_FACADES = ((176, 172, 166), (140, 146, 158), (186, 150, 120), (150, 92, 78), (214, 204, 184))
_FACADES += ((120, 128, 132), (126, 146, 176), (138, 148, 118), (205, 190, 140), (100, 96, 94))
_PAINTS = ((190, 40, 36), (40, 74, 150), (214, 214, 212), (40, 42, 46), (130, 134, 138))
_PAINTS += ((70, 112, 62), (206, 168, 60), (120, 60, 50), (120, 150, 176), (176, 160, 130))
_LEAVES = ((58, 104, 44), (84, 122, 52), (46, 84, 52), (120, 126, 50), (168, 116, 44))
_LEAVES += ((140, 72, 40),)
_METALS = ((108, 110, 112), (64, 66, 70), (150, 152, 150), (84, 96, 84), (120, 104, 88))
_SKIES = (((92, 146, 206), (190, 212, 230)), ((150, 162, 176), (206, 208, 206)))
_SKIES += (((110, 132, 176), (236, 196, 150)), ((196, 204, 214), (226, 226, 222)))
_NIGHTS = (((12, 16, 40), (44, 48, 84)), ((20, 20, 34), (70, 56, 70)), ((8, 12, 24), (30, 42, 56)))
_LAMP = np.array((255, 214, 130), np.float32)
_ALL = (slice(None), slice(None))


def read(name: str, split: str, size: int | None) -> Split:
    """600 scenes to train on or 150 to test on, by day or by night, at 64 pixels if None."""
    images, labels = render(*SPLITS[split], size or 64, night=name == "night_scenes")
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    return split_of(name, pixels, torch.from_numpy(labels), CLASSES)


def render(count: int, seed: int, size: int, *, night: bool = False) -> tuple[Array, Array]:
    """The first ``count`` scenes of a seed: the same ones, whenever and of whatever size.

    By ``night`` they are lit by windows and lamps.

    Returns:
        Images ``(count, size, size, 3)`` uint8 and labels ``(count, size, size)`` uint8,
        indices into :data:`CLASSES`.

    Raises:
        DataError: ``size``, in pixels, is below 16.
    """
    if size < 16:
        raise DataError(f"size={size} is too small for a street: scenes take 16 pixels or more.")
    images = np.zeros((count, size, size, 3), np.uint8)
    labels = np.zeros((count, size, size), np.uint8)
    for index in range(count):
        rng = np.random.default_rng([seed, index, int(night)])
        # The grain is drawn apart: how much of it there is depends on the size.
        grain = np.random.default_rng([seed, index, int(night), size])
        scene = _Scene(size, night, rng, grain)
        _sky(scene, rng)
        _ground(scene, rng)
        _far_end(scene, rng)
        for side in (scene.left, scene.right):
            _houses(scene, side, rng)
        _things(scene, rng)
        images[index], labels[index] = _exposed(scene, rng)
    return images, labels


class _Scene:
    """A camera in a street, and the picture as it is painted, ``n`` times ``n`` fine pixels."""

    def __init__(self, size: int, night: bool, rng: Generator, grain: Generator) -> None:
        self.u0 = rng.uniform(0.32, 0.68)  # where the street vanishes
        self.v0 = rng.uniform(0.40, 0.54)  # the horizon
        self.height = rng.uniform(1.5, 2.3)  # of the camera
        self.left = -rng.uniform(4.2, 7.5)  # X of the two rows of houses
        self.right = rng.uniform(4.2, 7.5)
        self.end = rng.uniform(28, 60)  # Z of what closes the street
        self.pavement = rng.uniform(1.5, 2.4)  # its width
        self.sun = rng.choice((-1.0, 1.0))  # -1: the light comes from the left, 1: from the right
        self.haze = rng.uniform(0.002, 0.012)  # per metre
        self.night = night
        self.n = n = size * _FINER
        places = (np.arange(n, dtype=np.float32) + 0.5) / n
        self.u, self.v = places[None, :], places[:, None]
        self.colour = np.empty((n, n, 3), np.float32)
        self.labels = np.zeros((n, n), np.uint8)
        self.noise = grain.standard_normal((n, n), dtype=np.float32)
        self.fog = np.zeros(3, np.float32)  # the colour that distance fades to

    def window(self, x: float, z: float, half: float, top: float) -> tuple[tuple, Array, Array]:
        """The part of the picture that a thing covers, with metres to its right and above its foot.

        Nothing of it where the thing is out of sight.
        """
        scale = z / _FOCAL
        centre, foot = self.u0 + x / scale, self.v0 + self.height / scale
        rows = (foot - top / scale, foot + 0.25 / scale)
        columns = (centre - half / scale, centre + half / scale)
        ends = (np.array((rows, columns)) * self.n).clip(0, self.n)
        where = tuple(slice(int(low), int(np.ceil(high))) for low, high in ends)
        return where, (self.u[:, where[1]] - centre) * scale, (foot - self.v[where[0]]) * scale

    def paint(self, where: tuple, mask: Array, colour: Array, label: int, z: float | Array) -> None:
        """Put ``colour`` and ``label`` on the window ``where``, at ``mask``; far is hazier."""
        fade = np.exp(-self.haze * np.float32(z))
        window = self.colour[where]
        colour = np.broadcast_to(colour, window.shape)[mask]
        fade = np.broadcast_to(fade, mask.shape)[mask][:, None]
        window[mask] = colour * fade + self.fog * (1 - fade)
        self.labels[where][mask] = label


def _one_of(colours: tuple, rng: Generator) -> Array:
    """One of some colours, a little off."""
    chosen = np.array(colours[rng.integers(len(colours))], np.float32)
    return (chosen + rng.normal(0, 14, 3)).clip(8, 245).astype(np.float32)


def _sky(scene: _Scene, rng: Generator) -> None:
    pair = (_NIGHTS if scene.night else _SKIES)[rng.integers(3 if scene.night else 4)]
    top, low = np.array(pair, np.float32) + rng.normal(0, 8, (2, 1))
    scene.fog = np.asarray(low, np.float32)
    height = (scene.v / scene.v0).clip(0, 1)[..., None]
    waves, shift = rng.uniform(3, 14, (3, 2)), rng.uniform(0, 6, 3)
    clouds = sum(
        np.sin(a * scene.u + s) * np.sin(2.5 * b * scene.v + 2 * s)
        for (a, b), s in zip(waves, shift, strict=True)
    )
    cover = rng.uniform(0, 0.16 if scene.night else 0.5)
    clouds = (clouds.clip(0, 1.5) * cover)[..., None]
    scene.colour[:] = (top * (1 - height) + low * height) * (1 - clouds) + 235 * clouds


def _ground(scene: _Scene, rng: Generator) -> None:
    rows = np.flatnonzero(scene.v[:, 0] > scene.v0 + 0.002)
    where = (slice(rows[0], None), slice(None))
    z = _FOCAL * scene.height / (scene.v[where] - scene.v0)
    x = (scene.u - scene.u0) * z / _FOCAL
    base = rng.uniform(70, 150)
    asphalt = np.array((base, base, base), np.float32) + rng.normal(0, 9, 3)
    tone = 1 + 0.05 * scene.noise[where] + 0.05 * np.sin(1.3 * z + 2 * x)
    tone = np.where((x > 2 * scene.sun * rng.uniform(0, 1)) == (scene.sun > 0), 0.72 * tone, tone)
    paved = (x < scene.left + scene.pavement) | (x > scene.right - scene.pavement)
    slabs = rng.uniform(0.95, 1.35) * (1 - 0.12 * ((z % 1.2) < 0.15))
    tone = np.where(paved, tone * slabs, tone)
    middle = (scene.left + scene.right) / 2
    line = (np.abs(x - middle) < 0.10) & (z % 4 < rng.choice((2.2, 4)))
    crossing = rng.uniform(5, 14)
    if rng.random() < 0.35:
        line |= (np.abs(z - crossing) < 1.3) & ((x - middle) % 1 < 0.5) & ~paved
    colour = asphalt * tone[..., None]
    colour[line & (z < 45)] += rng.uniform(50, 100)
    if scene.night:  # lamps along the street
        colour *= (1 + 0.9 * np.cos(z * 0.6 + x * 0.2).clip(0, 1))[..., None]
    scene.paint(where, np.ones(colour.shape[:2], bool), colour, ROAD, z)


def _far_end(scene: _Scene, rng: Generator) -> None:
    x = (scene.u - scene.u0) * scene.end / _FOCAL
    height = scene.height - (scene.v - scene.v0) * scene.end / _FOCAL
    waves = np.sin(x * 1.1) + np.sin(x * 2.7 + 1) + np.sin(x * 0.43 + 4)
    if rng.random() < 0.5:
        mask = (height > 0) & (height < rng.uniform(4, 8) + 0.8 * waves)
        colour = _one_of(_LEAVES, rng) * (1 + 0.16 * scene.noise)[..., None]
        scene.paint(_ALL, mask, colour, TREE, scene.end)
        return
    block = np.floor(x / rng.uniform(7, 11) + rng.random())
    mask = (height > 0) & (height < rng.uniform(6, 12) + 2.5 * np.sin(block * 2.3))
    panes = ((x % 2.4) < 1.2) & ((height % 3) > 1.4)
    tone = (1 + 0.03 * scene.noise) * np.where(panes, 0.72, 1) * (1 + 0.12 * np.sin(5 * block))
    scene.paint(_ALL, mask, _one_of(_FACADES, rng) * tone[..., None], BUILDING, scene.end)


def _houses(scene: _Scene, side: float, rng: Generator) -> None:
    """A row of house fronts at X = ``side``, with gaps."""
    edges = np.cumsum(rng.uniform(5, 12, 14)) - rng.uniform(0, 6)
    tall = rng.uniform(4, 13, 15) * rng.uniform(0.7, 1.3)
    tall[rng.random(15) < 0.15] = 0
    fronts = np.array([_one_of(_FACADES, rng) for _ in tall])
    glass = np.array([_one_of(_NIGHTS[0] + _SKIES[rng.integers(4)], rng) for _ in tall])
    pitch, sill, lit = rng.uniform(1.8, 3.2, 15), rng.uniform(0.9, 1.6), rng.random((16, 8)) < 0.4
    brightness = 0.68 if np.sign(side) == scene.sun else 1.05

    columns = np.flatnonzero((scene.u[0] - scene.u0) * np.sign(side) > 0.004)
    z_all = _FOCAL * side / (scene.u[0, columns] - scene.u0)
    columns = columns[z_all < scene.end]
    if not len(columns):
        return
    where = (slice(None), slice(columns[0], columns[-1] + 1))
    z = z_all[z_all < scene.end]
    house = np.searchsorted(edges, z).clip(0, 14)  # one per column, as all that follows from z
    height = scene.height - (scene.v - scene.v0) * z / _FOCAL
    mask = (height > 0) & (height < tall[house])
    along, storey = z / pitch[house], height / 2.9
    pane = (np.abs(along % 1 - 0.5) < 0.27) & (np.abs(storey % 1 - 0.55) < 0.25)
    pane &= (height > sill) & (height < tall[house] - 0.7)
    roof = height > tall[house] - 0.45
    tone = brightness * (1 + 0.045 * scene.noise[where]) * np.where(roof, 0.7, 1)
    tone *= 1 - 0.05 * ((height % 0.7) < 0.2)
    colour = fronts[house] * tone[..., None]
    colour[pane] = np.broadcast_to(glass[house], colour.shape)[pane]
    if scene.night:
        on = pane & lit[(along.astype(int) % 16)[None, :], storey.astype(int) % 8]
        colour[on] = _LAMP * 3
    scene.paint(where, mask, colour, BUILDING, z)


def _things(scene: _Scene, rng: Generator) -> None:
    """Cars, poles, trees and pedestrians, from far to near."""
    placed = []
    inner = (scene.left + scene.pavement, scene.right - scene.pavement)
    for _ in range(rng.integers(1, 5)):
        parked = rng.random() < 0.65
        x = inner[rng.integers(2)] if parked else rng.uniform(-1.9, 1.9)
        x -= np.sign(x) * 1.0 if parked else 0
        placed.append((rng.uniform(5, 22) if parked else rng.uniform(7, 22), x, _car))
    for shape, most, near, far in ((_pole, 3, 5, 16), (_tree, 4, 7, 24), (_pedestrian, 4, 4.5, 11)):
        for _ in range(rng.integers(0 if shape is _tree else 1, most + 1)):
            edge = rng.uniform(0.2, scene.pavement - 0.3)
            x = scene.left + edge if rng.random() < 0.5 else scene.right - edge
            if shape is _pedestrian and rng.random() < 0.35:
                x = rng.uniform(*inner)
            placed.append((rng.uniform(near, far), x, shape))
    for z, x, shape in sorted(placed, key=lambda thing: -thing[0]):
        shape(scene, x, z, rng)


def _car(scene: _Scene, x: float, z: float, rng: Generator) -> None:
    paint, tall = _one_of(_PAINTS, rng), rng.uniform(1.4, 1.75)
    glass, across = _one_of(_NIGHTS[0] + _SKIES[0], rng), rng.random() < 0.2
    half, head_on = (2.0 if across else 0.95), rng.random() < 0.5
    lights = np.array((250, 246, 220) if head_on else (200, 30, 24), np.float32)
    # Its length is told by the same outline drawn further off.
    for back in (0.0,) if across else (3.0, 2.0, 1.0, 0.0):
        where, s, t = scene.window(x, z + back, half + 0.3, tall)
        wide = np.abs(s)
        if back in (0.0, 3.0):
            shade = ((wide / (half + 0.2)) ** 2 + (t / 0.25) ** 2 < 1) & (t < 0.25)
            on_road = shade & (scene.labels[where] == ROAD)
            scene.colour[where][on_road] *= 0.45
        belt = 0.62 * tall
        taper = (t - belt) / (tall - belt) * (0.9 if across else 0.3)
        body = (t > 0.22) & (t <= belt) & (wide < half)
        cabin = (t > belt) & (t < tall) & (wide < half - 0.08 - taper)
        wheels = (t > 0) & (t <= 0.4) & (np.abs(wide - 0.7 * half) < (0.36 if across else 0.17))
        mask = body | cabin | wheels
        bright = (0.75 if back else 1.0) * (0.8 + 0.25 * t / tall)
        colour = paint * (bright * (1 + 0.02 * scene.noise[where]))[..., None]
        pillars = (wide < half - 0.2 - taper) & (np.abs(s) > (0.06 if across else -1))
        colour[cabin & pillars & (t < tall - 0.1)] = glass
        colour[wheels] = 26
        if not back and not across:
            lamps = (np.abs(wide - 0.75 * half) < 0.16) & (np.abs(t - 0.5 * tall) < 0.11)
            colour[lamps] = lights * (3 if scene.night else 1)
            colour[(wide < 0.4) & (np.abs(t - 0.4) < 0.08)] = 60
        scene.paint(where, mask, colour, CAR, z)


def _pole(scene: _Scene, x: float, z: float, rng: Generator) -> None:
    tall, kind = rng.uniform(3.2, 6.5), rng.integers(3)  # a lamp, a sign, a bare pole
    metal, face = _one_of(_METALS, rng), _one_of(_PAINTS, rng)
    thick = max(0.07, 0.019 * z / _FOCAL)  # never too thin to be seen
    where, s, t = scene.window(x, z, 1.8, tall + 0.3)
    inward = -np.sign(x) * s
    mask = (np.abs(s) < thick) & (t > 0) & (t < tall)
    head = np.zeros_like(mask)
    if kind == 0:
        mask |= (inward > 0) & (inward < 1.5) & (np.abs(t - tall) < 0.8 * thick)
        head = (inward > 0.9) & (inward < 1.6) & (np.abs(t - tall + 0.1) < 0.18)
    elif kind == 1:
        head = s**2 + (t - 0.8 * tall) ** 2 < 0.4**2
    colour = metal * (1 + 0.25 * scene.sun * np.sign(s) + 0.03 * scene.noise[where])[..., None]
    colour[head] = (_LAMP * 3 if scene.night else 225) if kind == 0 else face
    scene.paint(where, mask | head, colour, POLE, z)


def _tree(scene: _Scene, x: float, z: float, rng: Generator) -> None:
    trunk, radius, conifer = rng.uniform(1.4, 2.6), rng.uniform(0.9, 1.6), rng.random() < 0.25
    leaf, bark = _one_of(_LEAVES, rng), _one_of(_METALS[1:], rng)
    balls = rng.normal(0, 0.5 * radius, (5, 2)) + (0, trunk + 0.7 * radius)
    tall = trunk + (3.2 if conifer else 2.6) * radius
    where, s, t = scene.window(x, z, 2.2 * radius, tall)
    rough = 0.10 * scene.noise[where]
    if conifer:
        part = (t - 0.5 * trunk) / (tall - 0.5 * trunk)
        crown = (part > 0) & (np.abs(s) < radius * (1 - part) * (0.8 + 0.4 * (part * 4 % 1)))
    else:
        crown = np.zeros_like(rough, bool)
        for a, b in balls:
            crown |= (s - a) ** 2 + (t - b) ** 2 < (0.75 + rough) * radius**2
    stem = (np.abs(s) < max(0.16, 0.012 * z)) & (t > 0) & (t < trunk + 0.3)
    tone = 0.75 + 0.3 * (t / tall) + 0.22 * scene.sun * s / radius + 1.6 * rough
    tone = tone + 0.12 * np.sin(7 * s) * np.sin(6 * t + s)
    colour = np.where(crown[..., None], leaf, bark) * tone.clip(0.2, 1.6)[..., None]
    scene.paint(where, crown | stem, colour, TREE, z)


def _pedestrian(scene: _Scene, x: float, z: float, rng: Generator) -> None:
    tall, stride = rng.uniform(1.65, 2.0), rng.uniform(0.0, 0.22)
    coat, trousers = _one_of(_PAINTS + _FACADES, rng), _one_of(_PAINTS + _METALS, rng)
    skin = np.array((224, 178, 150), np.float32) * rng.uniform(0.45, 1.05)
    where, s, t = scene.window(x, z, 0.7, tall)
    part = t / tall
    head = (s / 0.16) ** 2 + ((t - 0.91 * tall) / 0.18) ** 2 < 1
    torso = (part > 0.46) & (part < 0.84) & (np.abs(s) < 0.33 - 0.12 * np.abs(part - 0.75))
    spread = stride * (1 - part / 0.46)
    legs = (part > 0) & (part <= 0.48) & (np.abs(np.abs(s) - 0.13 - spread) < 0.13)
    tone = 1 + 0.15 * scene.sun * np.sign(s) + 0.03 * scene.noise[where]
    colour = np.where(torso[..., None], coat, trousers) * tone[..., None]
    colour[head & ~torso] = skin
    colour[head & (part > 0.94)] = 0.3 * skin  # hair
    mask = head | torso | legs
    scene.paint(where, mask, colour, PEDESTRIAN, z)


def _exposed(scene: _Scene, rng: Generator) -> tuple[Array, Array]:
    """The picture as a camera keeps it: light, colour cast, soft edges, grain."""
    cast = 1 + rng.normal(0, 0.05, 3)
    gain = rng.uniform(0.38, 0.55) if scene.night else rng.uniform(0.72, 1.15)
    if scene.night:
        cast *= (0.85, 0.92, 1.2)
    n = scene.n // _FINER
    blocks = scene.colour.reshape(n, _FINER, n, _FINER, 3)
    light = blocks.mean((1, 3)) * (gain * cast) + scene.noise[:n, :n, None] * rng.uniform(2, 7)
    labels = scene.labels.reshape(n, _FINER, n, _FINER)
    # Where classes meet in one pixel the later one counts, so that thin things stay whole.
    return light.clip(0, 255).astype(np.uint8), labels.max((1, 3))
