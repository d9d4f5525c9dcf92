"""A state database per test, on SQLite and on PostgreSQL, and a clock that tests can move."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.postgresql import Server, running
from tests.quick_hashes import quick_hashes

from pacesetter.access.store import Store

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    with quick_hashes():
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that was migrated once, to copy."""
    folder = tmp_path_factory.mktemp("migrated")
    Store.open(folder, f"sqlite:///{folder}/state.sqlite").close()
    return folder / "state.sqlite"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """The state in both kinds of database: what holds in one has to hold in the other."""
    monkeypatch.setenv("PACESETTER_NOW", START.isoformat())
    monkeypatch.delenv("PACESETTER_STATE_URL", raising=False)
    url = request.getfixturevalue("postgresql").database() if request.param == "postgresql" else None
    if url is None:
        shutil.copy(migrated, tmp_path / "state.sqlite")
    opened = Store.open(tmp_path, url)
    yield opened
    opened.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    def move(passed: timedelta) -> None:
        monkeypatch.setenv("PACESETTER_NOW", (START + passed).isoformat())

    return move
