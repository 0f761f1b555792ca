"""Tests never touch the real cache, and print no progress bars."""

import os

import pytest

os.environ["TQDM_DISABLE"] = "1"  # tqdm reads it when it is imported


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """A cache of its own for each test, and no shared data."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("DFAD_CACHE", str(folder))
    monkeypatch.delenv("DFAD_DATA", raising=False)
    return folder
