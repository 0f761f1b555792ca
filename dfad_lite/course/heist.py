"""A heist for a class: owners sell a network's answers over HTTP, thieves copy the network.

An owner trains a teacher of digits with a secret seed and its classes in a secret order, and keeps
it in memory: there is no file to read, and labelled digits are of no use. Thieves get its answers;
each image is a question. ``docs/heist.md`` has rules, hand-out and the referee's script.
"""

import dataclasses
import json
import math
import runpy
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np
import torch
from torch import Tensor, nn

from dfad_lite import data, metrics, models, profiles, store, theft
from dfad_lite.teacher import Training

REFEREE = "referee"
WORTH = {"probabilities": 20, "rounded": 15, "labels": 10}  # what an owner earns by what it sells
BATCH = 2048  # images in a request


class Refused(ValueError):
    """A request that gets no answer, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Rules:
    """What an owner decides."""

    answers: str = "probabilities"  # a key of WORTH
    budget: int = 5_000  # questions a thief may ask
    rough: float = math.inf  # a question rings above this roughness (theft.suspicion),
    unsure: float = 0.0  # and below this confidence
    lock: float = math.inf  # rings after which a thief gets no more answers

    def __post_init__(self) -> None:
        if self.answers not in WORTH:
            raise ValueError(f"answers={self.answers!r} is not sold: take one of {list(WORTH)}.")
        if min(self.budget, self.lock) < 1:
            raise ValueError(f"budget={self.budget}, lock={self.lock}: both must be 1 or more.")


class Service:
    """A teacher behind a counter, and a book of everybody's questions and alarms.

    ``about`` is what everybody may know: ``channels``, ``size``, ``classes``, ``student``. Each of
    the ``thieves`` gets a token, and so does the referee.
    """

    def __init__(self, model: nn.Module, about: dict, rules: Rules, thieves: list[str]) -> None:
        self.model, self.rules = models.frozen(model), rules
        self.about = {**about, "answers": rules.answers, "budget": rules.budget}
        if len({*thieves, REFEREE}) <= len(thieves):
            raise ValueError(f"thieves={thieves}: names must differ, and none may be {REFEREE!r}.")
        self.tokens = {secrets.token_urlsafe(9): who for who in (*thieves, REFEREE)}
        self.book = {who: {"questions": 0, "alarms": 0} for who in self.tokens.values()}
        self.counter = threading.Lock()

    def ask(self, who: str, images: Tensor) -> Tensor:
        """Answers ``(N, classes)`` to images ``(N, C, H, W)``, noted in the book, or Refused."""
        rules = self.rules
        if not (len(images) and images.isfinite().all()):
            raise Refused(400, "there are no images, or they hold nan or infinity")
        with self.counter:
            own = self.book[who]
            if who != REFEREE:  # who plays the honest customer
                if len(images) > (left := rules.budget - own["questions"]):
                    raise Refused(429, f"{len(images)} questions, and {left} are left")
                if own["alarms"] >= rules.lock:
                    raise Refused(423, f"the alarm rang {own['alarms']} times: the door is shut")
            signs = theft.suspicion(self.model, images)
            rang = (signs["roughness"] > rules.rough) | (signs["confidence"] < rules.unsure)
            own["questions"] += len(images)
            own["alarms"] += int(rang.sum())
            return theft.answered(rules.answers, metrics.logits(self.model, images))


def secret_teacher() -> tuple[nn.Module, dict[str, Any]]:
    """Train a teacher that nobody else has (10 s); returns it and what may be known of it."""
    settings = profiles.load("quick", seed=secrets.randbelow(2**31))
    train = data.load(settings.dataset, "train", size=settings.image_size)
    about = {"channels": train.channels, "classes": len(train.classes), "size": settings.image_size}
    model = models.classifier(settings.teacher_model, **about, seed=settings.seed)
    order = torch.randperm(about["classes"], generator=torch.Generator().manual_seed(settings.seed))
    shuffled = dataclasses.replace(train, labels=order[train.labels])
    for _ in Training(model, shuffled, settings, device="cpu").epochs():
        pass
    return model, {**about, "student": settings.student_model}


def server(service: Service, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """A server of the service, ready to ``serve_forever``; port 0 takes a free one."""
    shape = (-1, service.about["channels"], service.about["size"], service.about["size"])
    image_bytes = 4 * math.prod(shape[1:])

    class Handler(BaseHTTPRequestHandler):
        timeout = 60  # seconds before a silent connection is given up

        def do_GET(self) -> None:
            try:
                status, body = 200, self.answer()
            except Refused as error:
                status, body = error.status, str(error).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def answer(self) -> bytes:
            if self.path == "/about":
                return json.dumps(service.about).encode()
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if (who := service.tokens.get(token)) is None:
                raise Refused(401, "unknown token: give the one that the owner's terminal printed")
            if self.path == "/book" and who == REFEREE:
                return json.dumps(service.book).encode()
            if self.path == "/ask":
                return service.ask(who, self.images()).numpy().astype("<f4").tobytes()
            raise Refused(404, "there is /about, /ask, and for the referee /book")

        def images(self) -> Tensor:
            sent = self.headers.get("Content-Length", "")
            size = int(sent) if sent.isdecimal() else 0
            if size % image_bytes or not 0 < size <= BATCH * image_bytes:
                raise Refused(400, f"{size} bytes: send 1 to {BATCH} images of {image_bytes} bytes")
            pixels = np.frombuffer(self.rfile.read(size), "<f4").reshape(shape)
            return torch.from_numpy(pixels.copy())

        def log_message(self, *_: Any) -> None:
            """The book has it."""

    return ThreadingHTTPServer((host, port), Handler)


class Door:
    """An owner's service as a function: images ``(N, C, H, W)`` to its answers ``(N, classes)``.

    Raises:
        Refused: the token, the budget or the alarm stands in the way; so does no service at all.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/"), token
        self.about = json.loads(self.call("/about"))

    def call(self, path: str, body: bytes | None = None) -> bytes:
        """The service's reply to a GET of ``path``, or with a ``body`` to a POST."""
        request = Request(self.url + path, body, {"Authorization": f"Bearer {self.token}"})
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=60) as reply:
                return reply.read()
        except HTTPError as error:
            raise Refused(error.code, f"{self.url}: {error.read().decode()}") from None
        except OSError as error:
            raise Refused(503, f"{self.url}: no service answers there ({error})") from None

    def __call__(self, images: Tensor) -> Tensor:
        parts = (part.numpy().astype("<f4") for part in images.detach().cpu().split(BATCH))
        said = b"".join(self.call("/ask", part.tobytes()) for part in parts)
        return torch.from_numpy(np.frombuffer(said, "<f4").copy()).view(len(images), -1)


def new_student(about: dict[str, Any]) -> nn.Module:
    """The network that every copy must be."""
    shape = {name: about[name] for name in ("channels", "classes", "size")}
    return models.classifier(about["student"], **shape, seed=0)


def steal(url: str, token: str, script: Path, out: Path) -> None:
    """Copy the teacher behind ``url`` into the file ``out``, the weights of :func:`new_student`.

    ``script`` is a file of Python that defines ``steal(ask, student)``: ``ask`` is a :class:`Door`,
    ``student`` is trained in place. Two to begin with lie in ``docs/heist``.
    """
    how = runpy.run_path(str(script)).get("steal")
    if how is None:
        raise ValueError(f"{script} defines no steal(ask, student).")
    door = Door(url, token)
    student = new_student(door.about)
    how(door, student)
    store.save_tensors(out, student.state_dict(), of="a copy")


def score(owners: dict[str, tuple[str, str]], copies: Path) -> tuple[list[dict], list[dict]]:
    """The scoreboard: a row for each copy, best first, and a row for each owner, best first.

    Args:
        owners: by name, the service's address and the referee's token.
        copies: a folder of ``<thief>-<owner>.pt``; none is a thief who got nothing.
    """
    settings = profiles.load("quick")
    test = data.load(settings.dataset, "test", size=settings.image_size).normalised()
    heists, houses = [], []
    for owner, (url, token) in owners.items():
        door = Door(url, token)
        before = json.loads(door.call("/book"))[REFEREE]["alarms"]
        wanted = door(test)
        book = json.loads(door.call("/book"))
        false = 100 * (book.pop(REFEREE)["alarms"] - before) / len(test)
        rows = []
        for thief, told in book.items():
            rang = 100 * told["alarms"] / max(1, told["questions"])
            same = agreement(copies / f"{thief}-{owner}.pt", door.about, test, wanted)
            row = {"thief": thief, "owner": owner, "agreement, %": same, **told}
            rows.append({**row, "points": max(0.0, same - rang / 2)})
        heists += rows
        most = max((row["agreement, %"] for row in rows), default=0.0)
        sold = door.about["answers"]
        house = {"owner": owner, "sells": sold, "best copy, %": most, "false alarms, %": false}
        houses.append({**house, "points": 100 - most - false + WORTH[sold]})
    return tuple(sorted(rows, key=lambda row: -row["points"]) for rows in (heists, houses))


def agreement(path: Path, about: dict[str, Any], images: Tensor, wanted: Tensor) -> float:
    """Percent of images on which a copy names the owner's class; 0 without a copy."""
    if not path.exists():
        return 0.0
    student = new_student(about)
    try:
        student.load_state_dict(store.load_tensors(path, of="a copy"))
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"{path} holds no {about['student']}: {error}") from error
    return 100 * metrics.agreement(metrics.logits(student, images), wanted)
