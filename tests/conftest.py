"""Tests never touch the real cache, and print no progress bars.

Tests in a browser need Chromium and the extra ``browser``. Where there is none they are skipped and
say so; ``DFAD_REQUIRE_BROWSER=1``, which ``.ci/run`` sets once Chromium is there, makes that a
failure.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["TQDM_DISABLE"] = "1"  # tqdm reads it when it is imported
# So does torch: the networks here are small, and the other cores have tests of their own to run.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With pytest-xdist files with slow tests come first: no process is left with a long one."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch) -> Path:
    """A cache of its own for each test, and no shared data."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("DFAD_CACHE", str(folder))
    monkeypatch.delenv("DFAD_DATA", raising=False)
    return folder


@pytest.fixture(scope="session")
def warm_folder(tmp_path_factory) -> Path:
    """One cache for all tests that run whole notebooks, in whichever process of pytest-xdist.

    ``python -m dfad_lite test`` names the one in which its later steps look, too.
    """
    if named := os.environ.get("DFAD_TEST_CACHE"):
        return Path(named)
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "warm"


@pytest.fixture
def warm_cache(own_cache, warm_folder, monkeypatch) -> Path:
    """The cache of a test that runs a whole notebook: what an earlier one trained is there."""
    monkeypatch.setenv("DFAD_CACHE", str(warm_folder))
    return warm_folder


# Of a module, since its event loop would be in the way of tests that run notebooks.
@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Headless Chromium, which reaches no server but this machine's."""
    required = os.environ.get("DFAD_REQUIRE_BROWSER") == "1"
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None and not required:
        pytest.skip("no chromium on the PATH: install Debian's package")
    if required:
        import playwright.sync_api as playwright
    else:
        playwright = pytest.importorskip(
            "playwright.sync_api", reason='install the extra: pip install -e ".[browser]"'
        )
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", alone])
        yield launched
        launched.close()
