from pathlib import Path

import pytest

from pacesetter.warehouse import importer
from pacesetter.warehouse.workspace import Workspace


@pytest.fixture(autouse=True)
def no_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about rows; facts are another room's and are not built."""
    monkeypatch.setattr(importer.facts, "build", lambda *given: None)
    monkeypatch.setenv("PACESETTER_NOW", "2026-02-01T12:00:00Z")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")
