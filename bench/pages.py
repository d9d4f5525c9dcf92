"""Pages under load: a client's page and a KPI page while fifty read and an import runs, beside one reader in peace in the same run."""

import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx

from pacesetter.access.people import choose_password, first_administrator
from pacesetter.access.store import Store
from pacesetter.warehouse.workspace import Workspace
from tables import show

READERS = 50
SECONDS = 30
PAGES = {"a client's page": "/clients/C7?whole=true", "a KPI page": "/kpis/resolution_time?where=client=C7"}
PASSWORD = "a password of the bench"


def bench_pages(folder: Path, ws: Workspace, changed: Path) -> None:
    """``changed`` is a bundle of changed tickets, imported while the fifty read."""
    address, process = _serve(ws.root)
    try:
        cookies = _sign_in(address)
        for path in PAGES.values():
            _read(address, cookies, path)  # the first reader of a generation
        rows = [_round(address, cookies, what, path, 1, None, process.pid) for what, path in PAGES.items()]
        for what, path in PAGES.items():
            rows.append(_round(address, cookies, what, path, READERS, lambda: _import(ws.root, changed), process.pid))
        alone = {row["page"]: row["median, s"] for row in rows if row["readers"] == 1}
        for row in rows:
            row["times one reader"] = row["median, s"] / alone[row["page"]]
        show(
            "Pages under load",
            rows,
            "An answer other than 200 counts as an error. Memory is that of all processes of the server.",
        )
    finally:
        process.terminate()
        process.wait(30)


def _serve(root: Path) -> tuple[str, subprocess.Popen[bytes]]:
    store = Store.open(root)
    with store.work() as work:
        secret = first_administrator(work)
        assert secret is not None
        choose_password(work, secret, PASSWORD)
    store.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from pacesetter.cli.main import main; main()", "serve", "-w", str(root)]
    log = (root / "serve.log").open("w")
    process = subprocess.Popen([*command, "--port", str(port), "--workers", "2"], stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return address, process
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("the server was not ready within two minutes")


def _import(root: Path, bundle: Path) -> None:
    """In a process of its own, as a nightly import is; it brings the roll-ups up to date too."""
    command = [
        sys.executable,
        "-c",
        "from pacesetter.cli.main import main; main()",
        "import",
        str(bundle),
        "-w",
        str(root),
    ]
    subprocess.run(command, check=True, capture_output=True)


def _sign_in(address: str) -> httpx.Cookies:
    with httpx.Client(base_url=address) as client:
        token = re.search(r'name="token" value="([^"]+)"', client.get("/sign-in").text)
        assert token
        answer = client.post("/sign-in", data={"email": "admin", "password": PASSWORD, "token": token.group(1)})
        assert answer.status_code == 303, answer.status_code
        return client.cookies


def _read(address: str, cookies: httpx.Cookies, path: str) -> tuple[float, int]:
    begin = time.perf_counter()
    status = httpx.get(f"{address}{path}", cookies=cookies, timeout=300).status_code
    return time.perf_counter() - begin, status


def _round(
    address: str, cookies: httpx.Cookies, what: str, path: str, readers: int, meanwhile: Any, pid: int
) -> dict[str, Any]:
    """So many readers ask again and again for a while, until what happens meanwhile has ended too."""
    worker = threading.Thread(target=meanwhile) if meanwhile else None
    if worker:
        worker.start()
    until = time.monotonic() + SECONDS
    seen: list[tuple[float, int]] = []

    def reader(_: int) -> None:
        while time.monotonic() < until or (worker and worker.is_alive()):
            seen.append(_read(address, cookies, path))

    with ThreadPoolExecutor(readers) as pool:
        list(pool.map(reader, range(readers)))
    memory = _memory_mb(pid)
    times = sorted(seconds for seconds, _ in seen)
    return {
        "page": what, "readers": readers, "import meanwhile": "yes" if meanwhile else "no", "answers": len(seen),
        "errors": sum(status != 200 for _, status in seen), "median, s": times[len(times) // 2],
        "95 %, s": times[int(len(times) * 0.95)], "worst, s": times[-1], "memory, MB": memory,
    }  # fmt: skip


def _memory_mb(pid: int) -> int:
    """Resident memory of a process and its children, in MB."""
    pids, total = [pid], 0
    for parent in pids:
        pids += [int(p) for p in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{parent}/status").read_text())
        total += int(found.group(1)) if found else 0
    return total // 1024
