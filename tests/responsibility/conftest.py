"""The small simulated MSP of the first seed as a bundle and as a workspace that tests only read; made once per run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pacesetter.demo.simulate import write_bundle
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("responsibility") / "bundle"
    write_bundle(folder, "small", 7)
    return folder


@pytest.fixture(scope="session")
def small_world(small_bundle: Path) -> Workspace:
    settings = Settings(time_zone="Europe/Berlin", currency="EUR", calendar="cal-berlin")
    ws = Workspace.create(small_bundle.parent / "ws", settings)
    import_bundle(ws, small_bundle, as_of=datetime(2026, 11, 1, tzinfo=UTC))
    return ws
