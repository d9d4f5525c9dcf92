"""A state database per test, and a clock that tests can move."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pacesetter.access.store import Store

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("PACESETTER_NOW", START.isoformat())
    monkeypatch.delenv("PACESETTER_STATE_URL", raising=False)
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    def move(passed: timedelta) -> None:
        monkeypatch.setenv("PACESETTER_NOW", (START + passed).isoformat())

    return move
