"""A stage for a real browser: the simulated desk with a person in every role, served as it is to users, and Chromium before it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from pacesetter.access.people import Grants, add_person, choose_password, first_administrator
from pacesetter.access.store import Store
from pacesetter.warehouse.workspace import Workspace

PASSWORD = "correct horse battery staple"
WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """A served workspace: its address, its folder, the client of the client roles and the technician of the technician."""

    address: str
    root: Path
    client: str
    technician: str

    def email(self, role: str) -> str:
        return "admin" if role == "administrator" else f"{role}@example.org"


def chromium() -> str:
    """The browser: the one that PACESETTER_BROWSER names, or the system's."""
    found = os.environ.get("PACESETTER_BROWSER") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    assert found, "no Chromium: 'make browser' installs Debian's, or name one with PACESETTER_BROWSER"
    return found


def build(root: Path, size: str = "small") -> None:
    """Simulate a desk into a new workspace."""
    command = [sys.executable, "-c", "from pacesetter.cli.main import main; main()"]
    subprocess.run([*command, "demo", "--size", size, "-w", str(root)], check=True, capture_output=True)


def people(root: Path) -> tuple[str, str]:
    """Add a person in every role; returns the client and the technician that the narrow roles reach."""
    with Workspace.open(root).reader() as con:
        client = _busiest(con, "client_id")
        technician = _busiest(con, "technician_id")
    store = Store.open(root)
    with store.work() as work:
        secret = first_administrator(work)
        assert secret is not None
        choose_password(work, secret, PASSWORD)
        for grants in (
            Grants(role="delivery_manager"), Grants(role="finance"), Grants(role="account_manager", clients=[client]),
            Grants(role="technician"), Grants(role="client_manager", clients=[client]), Grants(role="client_viewer", clients=[client]),
        ):  # fmt: skip
            own = technician if grants.role == "technician" else None
            _, link = add_person(
                work, f"{grants.role}@example.org", grants.role.replace("_", " ").title(), grants, by="test", technician_id=own
            )  # fmt: skip
            choose_password(work, link, PASSWORD)
    store.close()
    return client, technician


def _busiest(con: duckdb.DuckDBPyConnection, column: str) -> str:
    query = f"SELECT {column} FROM f_tickets WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT 1"
    return str(con.execute(query).fetchall()[0][0])


@contextmanager
def served(root: Path) -> Iterator[Stage]:
    """Serve a workspace to the people of every role, as the command does."""
    client, technician = people(root)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from pacesetter.cli.main import main; main()", "serve", "-w", str(root)]
    with (root / "serve.log").open("w") as log:
        process = subprocess.Popen([*command, "--port", str(port)], stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/readyz", process)
            yield Stage(address, root, client, technician)
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended before it was ready"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server was not ready within two minutes")


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


def context_of(
    started: Browser, stage: Stage, width: str = "wide", scheme: str = "light", locale: str = "en-GB"
) -> BrowserContext:
    """A window of its own: cookies, width, light or dark, language."""
    across, down = WIDTHS[width]
    context = started.new_context(
        base_url=stage.address, viewport={"width": across, "height": down}, color_scheme="dark" if scheme == "dark" else "light",
        locale=locale, reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(60_000)
    return context


def sign_in(page: Page, stage: Stage, role: str) -> None:
    page.goto("/sign-in")
    page.locator("input[name=email]").fill(stage.email(role))
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button.primary").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
