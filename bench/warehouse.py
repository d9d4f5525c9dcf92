"""Import, facts and increments: rows and tickets a second, beside SQL by hand over the same files in the same run."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

import by_hand
from make_tickets import make
from pacesetter.settings import Settings
from pacesetter.warehouse.editing import Rows, apply_edit
from pacesetter.warehouse.importer import ImportReport, import_bundle
from pacesetter.warehouse.workspace import Workspace, memory_limit
from tables import show

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
CHANGED = 1_000
EDITS: dict[str, Rows] = {
    "a day off next month": {"calendar_exceptions": [{"calendar_id": "office", "day": "2026-02-16", "hours": None}]},
    "a policy for one client from last month on": {
        "sla_policies": [
            {"sla_policy_id": "own", "name": "Own", "client_id": "C7", "rank": "0", "valid_from": "2025-12-01"}
        ],
        "sla_targets": [{"sla_policy_id": "own", "clock": "resolve", "target_minutes": "240", "hours": "business"}],
    },
}
"""Edits of what tickets are judged by."""
FACTS = ("building facts", "deriving facts", "deriving facts of the changed tickets")


class Watch:
    """Adds up the seconds between the steps that an import tells of."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.step, self.since = "start", time.perf_counter()

    def tell(self, step: str, share: float | None) -> None:
        now = time.perf_counter()
        self.seconds[self.step] = self.seconds.get(self.step, 0.0) + now - self.since
        self.step, self.since = step, now

    @property
    def facts(self) -> float:
        return sum(s for step, s in self.seconds.items() if step in FACTS)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def imported(ws: Workspace, bundle: Path) -> tuple[ImportReport, Watch]:
    watch = Watch()
    report = import_bundle(ws, bundle, as_of=AS_OF, progress=watch.tell)
    watch.tell("end", None)
    return report, watch


def run_by_hand(script: str, con: duckdb.DuckDBPyConnection, bundle: Path) -> float:
    begin = time.perf_counter()
    for statement in duckdb.extract_statements(script.format(bundle=bundle)):
        con.execute(statement).fetchall()
    return time.perf_counter() - begin


def bench_import(folder: Path, tickets: int) -> tuple[Workspace, Watch]:
    """Import and facts of ``tickets`` tickets; gives the workspace for the next benches, and how long it took."""
    bundle = folder / "bundle"
    make(bundle, tickets)
    con = duckdb.connect(str(folder / "by-hand.duckdb"), config={"memory_limit": memory_limit()})
    con.execute(f"SET temp_directory = '{folder / 'spill'}'")
    con.execute("SET TimeZone = 'UTC'")
    hand_import = run_by_hand(by_hand.IMPORT, con, bundle)
    hand_facts = run_by_hand(by_hand.FACTS, con, bundle)
    con.close()
    (folder / "by-hand.duckdb").unlink()
    ws = Workspace.create(folder / "workspace", Settings(time_zone="UTC"))
    report, watch = imported(ws, bundle)
    rows = sum(t.read for t in report.tables.values())
    ours = watch.total - watch.facts
    show(
        "Import and facts",
        [
            line("import", "rows", rows, ours, hand_import),
            line("facts", "tickets", tickets, watch.facts, hand_facts),
            line("both", "tickets", tickets, watch.total, hand_import + hand_facts),
        ],
        "By hand: typing, keys, order; intervals, resolutions and responses in calendar hours. Ours also checks every value, key and\n"
        "reference and derives business hours, handoffs, escalations, closures, SLA clocks, silences, holders and defects.",
    )
    return ws, watch


def line(what: str, unit: str, count: int, ours: float, theirs: float) -> dict[str, Any]:
    return {
        "what": what, "unit": unit, "count": count, "seconds": ours, "a second": count / ours,
        "by hand, seconds": theirs, "by hand, a second": count / theirs, "times as long": ours / theirs,
    }  # fmt: skip


def changed_tickets(folder: Path) -> Path:
    """A bundle of a thousand tickets of the large one with another subject."""
    bundle, part = folder / "bundle", folder / "changed"
    if not part.exists():
        part.mkdir()
        con = duckdb.connect()
        con.execute(
            f"COPY (SELECT * REPLACE (subject || ' (changed)' AS subject) FROM read_parquet('{bundle}/tickets/*.parquet') "
            f"ORDER BY hash(ticket_id) LIMIT {CHANGED}) TO '{part}/tickets.parquet' (FORMAT parquet)"
        )
        con.close()
    return part


def bench_increment(folder: Path, ws: Workspace, full: Watch) -> None:
    """An import of changed tickets into the large workspace, one of the same bundle again, and edits of what tickets are judged by, against
    the full build."""
    bundle, part = folder / "bundle", changed_tickets(folder)
    steps: list[tuple[str, Path]] = [
        ("the whole bundle again, as it was", bundle),
        (f"{CHANGED:,} changed tickets", part),
    ]
    rows: list[dict[str, Any]] = [
        {"what": "everything, anew", "seconds": full.total, "of it facts": full.facts, "share of the full build": 1.0}
    ]
    for what, path in steps:
        report, watch = imported(ws, path)
        changed = sum(t.changed + t.inserted for t in report.tables.values())
        rows.append({
            "what": what, "seconds": watch.total, "of it facts": watch.facts, "rows changed": changed,
            "share of the full build": watch.total / full.total,
        })  # fmt: skip
    for what, edit in EDITS.items():
        watch = Watch()
        apply_edit(ws, edit, progress=watch.tell)
        watch.tell("end", None)
        rows.append({
            "what": what, "seconds": watch.total, "of it facts": watch.facts, "rows changed": sum(map(len, edit.values())),
            "share of the full build": watch.total / full.total,
        })  # fmt: skip
    show("Increments", rows, "Every import copies the current generation first, so that readers keep theirs.")
