"""The small and the medium simulated MSP, written once per test run."""

from pathlib import Path

import pytest

from pacesetter.demo.simulate import write_bundle


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "small"
    write_bundle(folder, "small")
    return folder


@pytest.fixture(scope="session")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "medium"
    write_bundle(folder, "medium")
    return folder
