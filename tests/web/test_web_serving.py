"""``pacesetter serve`` as it runs for real: two workers over PostgreSQL, a new generation under way, a graceful stop."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from tests.postgresql import running
from tests.web.conftest import write_bundle

from pacesetter import clock
from pacesetter.access.people import FIRST_NAME, person_named
from pacesetter.access.standing import standings
from pacesetter.access.store import Store
from pacesetter.access.tokens import new_token
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

COUNT = "/api/v1/kpis/tickets_created/answers?from=2026-10-01&to=2026-11-01"
PROGRAM = "from pacesetter.cli.main import main; main()"
AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Running:
    process: "subprocess.Popen[bytes]"
    address: str
    workspace: Workspace
    log: Path
    token: str
    statuses: list[int] = field(default_factory=list)
    values: set[float] = field(default_factory=set)

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(self.address + path, headers={"authorization": f"Bearer {self.token}"}, timeout=60)


@pytest.fixture(scope="module")
def served_for_real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("real")
    workspace = Workspace.create(folder / "ws", Settings(name="Real desk", time_zone="Europe/Berlin"))
    import_bundle(workspace, write_bundle(folder / "bundle"), as_of=AS_OF)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = folder / "log"
    with running() as postgresql, log.open("wb") as out:
        url = postgresql.empty()
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "serve", "-w", str(workspace.root), "--port", str(port), "--workers", "2"],
            env=os.environ | {"PACESETTER_STATE_URL": url}, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, process, log)
            store = Store.open(workspace.root, url)
            with store.work() as work:
                (standing,) = standings(work, person_named(work, FIRST_NAME))
                token = new_token(work, standing, "test", clock.now() + timedelta(days=1))
            store.close()
            yield Running(process, address, workspace, log, token)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=60)


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(900):
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            if httpx2.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise AssertionError(log.read_text()[-2000:])


def ask_until(running: Running, stop: threading.Event) -> None:
    while not stop.is_set():
        answer = running.get(COUNT)
        running.statuses.append(answer.status_code)
        if answer.status_code == 200:
            running.values.add(answer.json()[0]["value"])


def test_first_start_prints_one_link_and_no_password(served_for_real: Running) -> None:
    printed = served_for_real.log.read_text()
    assert len(re.findall(rf"{served_for_real.address}/welcome/[\w-]{{43}}", printed)) == 1
    assert "Real desk" in printed and not (served_for_real.workspace.root / "state.sqlite").exists()


def test_a_new_generation_drops_no_request_of_any_worker(served_for_real: Running, tmp_path: Path) -> None:
    stop = threading.Event()
    asking = [threading.Thread(target=ask_until, args=(served_for_real, stop)) for _ in range(3)]
    for thread in asking:
        thread.start()
    rows = "".join(f"N-{i},acme,2026-10-05T08:00:00Z,incident,New\n" for i in range(5))
    bundle = write_bundle(tmp_path / "more", {"tickets": "ticket_id,client_id,created_at,type,subject\n" + rows})
    import_bundle(served_for_real.workspace, bundle, as_of=AS_OF)
    assert all(served_for_real.get(COUNT).json()[0]["value"] == 39 for _ in range(6)), "every worker has the new one"
    stop.set()
    for thread in asking:
        thread.join(timeout=60)
    assert len(served_for_real.statuses) > 5 and set(served_for_real.statuses) == {200}
    assert served_for_real.values <= {34, 39}


def test_counters_are_of_all_workers_and_the_log_is_of_json_lines(served_for_real: Running) -> None:
    told = served_for_real.get("/metrics").text
    counted = re.search(r'pacesetter_requests_total\{[^}]*kpi_id\}/answers"[^}]*status="200"\} ([\d.]+)', told)
    assert counted and float(counted.group(1)) >= len(served_for_real.statuses) + 6
    answer = served_for_real.get("/api/v1/me")
    time.sleep(0.2)
    lines = [json.loads(x) for x in served_for_real.log.read_text().splitlines() if x.startswith("{")]
    own = next(x for x in lines if x.get("request_id") == answer.headers["x-request-id"])
    assert own["route"] == "/api/v1/me" and own["status"] == 200 and own["who"] and "ms" in own
    assert served_for_real.token not in served_for_real.log.read_text()


def test_it_stops_gracefully_in_the_middle_of_requests(served_for_real: Running) -> None:
    answers: list[int] = []

    def ask() -> None:
        answers.append(
            served_for_real.get("/api/v1/kpis/resolution_time/answers?grain=day&by=category&variant=all").status_code
        )

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    time.sleep(0.25)  # they are under way
    served_for_real.process.send_signal(signal.SIGTERM)
    for thread in asking:
        thread.join(timeout=60)
    assert answers == [200] * 4
    served_for_real.process.wait(timeout=60)
    assert "Traceback" not in served_for_real.log.read_text()
    with pytest.raises(httpx2.HTTPError):
        served_for_real.get("/healthz")
