"""One simulated desk for all browser tests of a run; each process serves a copy of its own."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.stage import Stage, browser, build, context_of, served, sign_in


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    base = tmp_path_factory.getbasetemp().parent
    with (base / "browser-desk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        simulated = base / "browser-desk"
        if not simulated.exists():
            build(base / "browser-desk-building")
            (base / "browser-desk-building").rename(simulated)
    own = tmp_path_factory.mktemp("browser") / "ws"
    shutil.copytree(simulated, own)
    with served(own) as stage:
        yield stage


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def as_role(stage: Stage, chromium_browser: Browser) -> Iterator[Callable[..., Page]]:
    """A window in which somebody of that role has signed in; complaints of the page's scripts fail the test."""
    contexts, complaints = [], []

    def get(role: str, **how: str) -> Page:
        context = context_of(chromium_browser, stage, **how)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda m: complaints.append(f"{page.url}: {m.text}") if m.type == "error" and "status of 4" not in m.text else None,
        )  # fmt: skip
        if role:
            sign_in(page, stage, role)
        return page

    yield get
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")
