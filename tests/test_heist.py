"""The heist: what an owner's service counts and refuses, two teams of scripts, the scoreboard."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from dfad_lite import models, store
from dfad_lite.course import heist
from dfad_lite.course.cli import app

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "docs" / "heist"
ABOUT = {"channels": 1, "size": 16, "classes": 10, "student": "small8"}
NOISE = torch.randn(30, 1, 16, 16, generator=torch.Generator().manual_seed(0))
FLAT = NOISE.mean((2, 3), keepdim=True).expand_as(NOISE).contiguous()


def opened(rules: heist.Rules, thieves: list[str]) -> tuple[heist.Service, dict[str, str]]:
    """A service with an untrained teacher, and each one's token."""
    model = models.classifier("small16", channels=1, classes=10, size=16, seed=1)
    service = heist.Service(model, ABOUT, rules, thieves)
    return service, {who: token for token, who in service.tokens.items()}


@pytest.fixture
def house() -> Iterator:
    """Opens services at addresses of this machine, and shuts them all in the end."""
    serving = []

    def at_home(service: heist.Service) -> str:
        server = heist.server(service)
        serving.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield at_home
    for server in serving:
        server.shutdown()
        server.server_close()


def test_questions_and_rings_are_counted_until_budget_or_alarm_stop_them() -> None:
    service, _ = opened(heist.Rules(budget=70, rough=0.5, lock=25), ["anna", "ben"])
    assert service.ask("anna", FLAT).sum(1).tolist() == pytest.approx([1] * 30)
    assert service.book["anna"] == {"questions": 30, "alarms": 0}
    service.ask("anna", NOISE)
    assert service.book["anna"] == {"questions": 60, "alarms": 30}
    with pytest.raises(heist.Refused, match="30 questions, and 10 are left"):
        service.ask("anna", FLAT)
    with pytest.raises(heist.Refused, match="rang 30 times: the door is shut"):
        service.ask("anna", FLAT[:1])
    assert service.book["anna"]["questions"] == 60  # what is refused is not counted
    assert service.ask("ben", FLAT[:1]).shape == (1, 10)  # nor does it touch the others
    for _ in range(3):
        service.ask(heist.REFEREE, NOISE)  # without end


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [("probabilities", None), ("rounded", 100), ("labels", 1)],
)
def test_what_is_sold_is_what_the_rules_say(answers, wanted, house) -> None:
    service, token = opened(heist.Rules(answers), ["anna"])
    said = heist.Door(house(service), token["anna"])(NOISE)
    assert said.shape == (30, 10) and not said.requires_grad
    if wanted:
        assert torch.allclose(said * wanted, (said * wanted).round(), atol=1e-4)
    else:
        assert torch.allclose(said, service.model(NOISE).softmax(1), atol=1e-6)


def test_doors_stay_shut_to_strangers_and_to_nonsense(house) -> None:
    service, token = opened(heist.Rules(), ["anna"])
    url = house(service)
    with pytest.raises(heist.Refused, match="unknown token"):
        heist.Door(url, "guess")(NOISE)
    door = heist.Door(url, token["anna"])
    for body in (b"", b"123", bytes(1025)):
        with pytest.raises(heist.Refused, match="send 1 to 2048 images of 1024 bytes"):
            door.call("/ask", body)
    with pytest.raises(heist.Refused, match="nan or infinity"):
        door(NOISE / 0)
    for path in ("/book", "/../heist.py", "/model"):
        with pytest.raises(heist.Refused, match="there is /about"):
            door.call(path)
    assert service.book["anna"]["questions"] == 0
    assert door.about == {**ABOUT, "answers": "probabilities", "budget": 5_000}
    with pytest.raises(heist.Refused, match="no service answers there"):
        heist.Door("http://127.0.0.1:9", "")


def test_rules_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="answers='logits' is not sold"):
        heist.Rules("logits")
    with pytest.raises(ValueError, match="both must be 1 or more"):
        heist.Rules(lock=-1)
    for thieves in (["anna", "anna"], ["anna", heist.REFEREE]):  # whose book and rights are whose?
        with pytest.raises(ValueError, match="names must differ"):
            opened(heist.Rules(), thieves)


def test_two_teams_of_scripts_and_one_scoreboard(house, tmp_path) -> None:
    owners = {}
    for owner, rules in {
        "blue": heist.Rules(budget=600, rough=0.5),
        "green": heist.Rules("labels", budget=600),
    }.items():
        service, token = opened(rules, ["noise", "generator", "idle"])
        url = house(service)
        owners[owner] = f"{owner}={url},{token[heist.REFEREE]}"
        for thief in ("noise", "generator"):
            out = tmp_path / f"{thief}-{owner}.pt"
            heist.steal(url, token[thief], SCRIPTS / f"{thief}.py", out)
    pairs = {owner: tuple(said.partition("=")[2].split(",")) for owner, said in owners.items()}
    heists, houses = heist.score(pairs, tmp_path)
    assert len(heists) == 6 and [row["owner"] for row in houses].count("blue") == 1
    told = {(row["thief"], row["owner"]): row for row in heists}
    assert told["noise", "blue"]["questions"] == told["noise", "blue"]["alarms"] == 600
    assert told["noise", "green"]["alarms"] == told["idle", "blue"]["points"] == 0
    assert 0 < told["generator", "green"]["questions"] <= 600
    row = told["noise", "blue"]
    assert row["points"] == pytest.approx(max(0, row["agreement, %"] - 50))
    for row in houses:
        assert row["false alarms, %"] == 0  # real digits are smooth
        sold = heist.WORTH[row["sells"]]
        assert row["points"] == pytest.approx(100 - row["best copy, %"] + sold)
    shown = CliRunner().invoke(
        app, ["heist", "score", *owners.values(), "--copies", str(tmp_path)], env={"COLUMNS": "200"}
    )
    assert shown.exit_code == 0 and "generator" in shown.stdout and "best copy" in shown.stdout


def test_a_copy_that_is_no_copy_is_named(house, tmp_path) -> None:
    service, token = opened(heist.Rules(), ["anna"])
    owners = {"blue": (house(service), token[heist.REFEREE])}
    store.save_tensors(tmp_path / "anna-blue.pt", {"weight": torch.zeros(3)})
    with pytest.raises(ValueError, match="anna-blue.pt holds no small8"):
        heist.score(owners, tmp_path)
    (tmp_path / "anna-blue.pt").write_bytes(b"mine")
    with pytest.raises(ValueError, match="anna-blue.pt holds no small8"):
        heist.score(owners, tmp_path)
    done = CliRunner().invoke(app, ["heist", "score", "blue", "--copies", str(tmp_path)])
    assert done.exit_code == 2


def test_a_script_without_a_thief_is_named(tmp_path) -> None:
    (tmp_path / "mine.py").write_text("def rob(): ...\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine.py defines no steal\(ask, student\)"):
        heist.steal("http://127.0.0.1:9", "", tmp_path / "mine.py", tmp_path / "a-b.pt")


@pytest.mark.slow
def test_from_the_terminal_noise_copies_a_secret_teacher(tmp_path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "dfad_lite", "heist"]
    serving = subprocess.Popen(
        [*command, "serve", "anna", "--port", port, "--rough", "0.5"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        url = serving.stdout.readline().split()[2].rstrip(";")
        token = dict(serving.stdout.readline().strip().split(": ") for _ in range(2))
        copy = tmp_path / "anna-blue.pt"
        stolen = [*command, "steal", url, "--token", token["anna"], "--out", str(copy)]
        subprocess.run([*stolen, "--script", str(SCRIPTS / "noise.py")], check=True, cwd=ROOT)
        heists, (house,) = heist.score({"blue": (url, token["referee"])}, tmp_path)
    finally:
        serving.send_signal(signal.SIGINT)
        left = serving.communicate(timeout=60)[0]
    assert heists[0]["agreement, %"] > 70 and heists[0]["alarms"] == 5_000
    assert house["false alarms, %"] < 2
    assert "anna" in left and "5000" in left
