"""Statements: issuing one, verifying it, and verifying it with the independent verifier, each in a process of its own.

Beside them stands what nobody can do without: packing the same rows into a zip and hashing it, and unpacking and hashing it again.
"""

import hashlib
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import duckdb

from make_tickets import make
from pacesetter.settings import Settings
from pacesetter.warehouse.workspace import Workspace
from tables import show
from warehouse import imported

ROOT = Path(__file__).resolve().parents[1]
CLIENT, YEAR = "C1", "2024"
SMALL = ("clients", "teams", "technicians", "contacts", "calendars", "ticket_statuses", "sla_policies", "sla_targets")
SHIFT = "to_days(CASE year(timezone('UTC', {at})) WHEN 2023 THEN 365 WHEN 2025 THEN -366 ELSE 0 END)"


def one_client_one_year(bundle: Path, out: Path) -> None:
    """The bundle with every ticket given to one client and moved into one year; tables that no statement reads are left out."""
    out.mkdir()
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"SET temp_directory = '{out.parent / 'spill'}'")
        for name in SMALL:
            (out / f"{name}.parquet").write_bytes((bundle / f"{name}.parquet").read_bytes())
        tickets, events = (f"read_parquet('{bundle / name}/*.parquet')" for name in ("tickets", "ticket_events"))
        names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {tickets}").fetchall()]
        shift = SHIFT.format(at="t.created_at")
        picked = [
            f"'{CLIENT}' AS client_id"
            if n == "client_id"
            else f"t.{n} + {shift} AS {n}"
            if n.endswith("_at")
            else f"t.{n}"
            for n in names
        ]
        con.execute(
            f"COPY (SELECT {', '.join(picked)} FROM {tickets} AS t) TO '{out / 'tickets.parquet'}' (FORMAT parquet)"
        )
        con.execute(
            f"""COPY (SELECT e.* REPLACE (e.occurred_at + {shift} AS occurred_at) FROM {events} AS e
            JOIN (SELECT ticket_id, created_at FROM {tickets}) AS t ON t.ticket_id = e.ticket_id)
            TO '{out / "ticket_events.parquet"}' (FORMAT parquet)"""
        )


def run(*words: str) -> tuple[float, float]:
    """Seconds and GiB at the peak of a command. Raises RuntimeError where it fails."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(words)} ended with {status}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024**2


def packed_by_hand(statement: Path, out: Path) -> tuple[float, float]:
    """Seconds to pack and hash the same contents, and to unpack and hash them."""
    with zipfile.ZipFile(statement) as source:
        contents = [(name, source.read(name)) for name in source.namelist()]
    begin = time.perf_counter()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in contents:
            target.writestr(name, data)
    hashlib.sha256(out.read_bytes())
    packed = time.perf_counter() - begin
    contents.clear()
    begin = time.perf_counter()
    with zipfile.ZipFile(out) as source:
        for name in source.namelist():
            hashlib.sha256(source.read(name))
    return packed, time.perf_counter() - begin


def bench_statements(folder: Path, tickets: int) -> None:
    """A statement of ``tickets`` tickets of one client in one year."""
    make(folder / "all", tickets)
    one_client_one_year(folder / "all", folder / "one")
    ws = Workspace.create(folder / "one-client", Settings(time_zone="UTC"))
    _, watch = imported(ws, folder / "one")
    out = folder / "statement.zip"
    rows: list[dict[str, Any]] = []

    def measured(what: str, by_hand: float | None, *words: str) -> None:
        seconds, peak = run(*words)
        rows.append({
            "what": what, "seconds": seconds, "tickets/s": round(tickets / seconds), "GiB at the peak": peak, "by hand, s": by_hand,
            "ratio": seconds / by_hand if by_hand else None,
        })  # fmt: skip
        print(f"{what}: {seconds:,.0f} s, {peak:.2f} GiB", file=sys.stderr)

    entry = "import sys; from pacesetter.cli.main import main; sys.argv[1:] = {}; main()"
    words = [
        "sla",
        "statement",
        "--client",
        CLIENT,
        "--period",
        YEAR,
        "--out",
        str(out),
        "--no-keep",
        "-w",
        str(ws.root),
    ]
    measured("issue", None, "-c", entry.format(words))
    packing, unpacking = packed_by_hand(out, folder / "by-hand.zip")
    rows[0] |= {"by hand, s": packing, "ratio": rows[0]["seconds"] / packing}
    measured("verify", unpacking, "-c", entry.format(["verify", str(out)]))
    tool = str(ROOT / "tools" / "verify_statement.py")
    measured("independent verifier", unpacking, tool, str(out))
    measured("the same in two processes", unpacking, tool, str(out), "--processes", "2")
    note = f"{tickets:,} tickets in one statement of {out.stat().st_size / 1e6:,.0f} MB; importing them took {watch.total:,.0f} s"
    show("Statements", rows, note)
