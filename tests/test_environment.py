"""pyproject.toml and environment.yml install the same packages, within the same bounds."""

import json
import re
import tomllib
from pathlib import Path

import yaml
from jupyter_core.paths import jupyter_config_path, jupyter_path
from jupyterlab_server.config import get_page_config
from typer.testing import CliRunner

from dfad_lite.course.cli import app

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"torch": "pytorch"}


def split_requirement(requirement: str) -> tuple[str, str]:
    """Split `name>=1.2` into its name and its bounds."""
    name, bounds = re.fullmatch(r"([A-Za-z0-9_-]+)\s*(.*)", requirement).groups()
    return name, bounds


def read_project() -> dict:
    """The project table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read_conda() -> list:
    """The dependencies of environment.yml."""
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]


def test_conda_lists_what_pip_lists() -> None:
    project = read_project()
    required = project["dependencies"] + project["optional-dependencies"]["dev"]
    required += project["optional-dependencies"]["device"]
    expected = {CONDA_NAMES.get(n, n): bounds for n, bounds in map(split_requirement, required)}
    expected["python"] = project["requires-python"]
    expected["pip"] = ""
    listed = dict(split_requirement(item) for item in read_conda() if isinstance(item, str))
    assert listed == expected


def test_every_package_has_a_lower_bound() -> None:
    project = read_project()
    required = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert [r for r in required if not split_requirement(r)[1].startswith(">=")] == []


def test_conda_installs_the_checkout_itself() -> None:
    assert read_conda()[-1] == {"pip": ["-e ."]}


def test_lab_shows_students_neither_nbgraders_panels_nor_news(monkeypatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "elsewhere")
    monkeypatch.setattr("jupyterlab.labapp.LabApp.launch_instance", lambda options: None)
    assert CliRunner().invoke(app, ["lab"]).exit_code == 0
    first, second, *_ = jupyter_config_path()
    assert Path(first).name == "course" and second == "elsewhere"
    page = get_page_config(jupyter_path("labextensions"))
    assert "@jupyter/nbgrader" in page["disabledExtensions"]
    news = json.loads((Path(first) / "labconfig/default_setting_overrides.json").read_text())
    assert news == {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
