"""Workspaces over the small simulated MSP: whole, one client alone, and with later events."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.awkward import write_awkward
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.demo.simulate import write_bundle
from pacesetter.settings import Settings
from pacesetter.warehouse.exporter import export
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
SETTINGS = Settings(time_zone="Europe/Berlin", currency="EUR", calendar="cal-berlin")
CLIENT = "polite-cloud"


def workspace(folder: Path, bundle: Path, settings: Settings = SETTINGS, as_of: datetime = AS_OF) -> Workspace:
    """A new workspace with a bundle in it."""
    ws = Workspace.create(folder, settings)
    import_bundle(ws, bundle, as_of=as_of)
    return ws


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kpis") / "bundle"
    write_bundle(folder, "small")
    return folder


@pytest.fixture(scope="session")
def whole(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace(tmp_path_factory.mktemp("whole") / "ws", bundle)


@pytest.fixture(scope="session")
def desk(whole: Workspace) -> Iterator[Desk]:
    with open_desk(whole, operator_scope()) as opened:
        yield opened


@pytest.fixture(scope="session")
def alone(whole: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The rows of one client and what is shared by all."""
    folder = tmp_path_factory.mktemp("alone")
    export(whole, folder / "bundle", [CLIENT])
    with open_desk(workspace(folder / "ws", folder / "bundle"), operator_scope()) as opened:
        yield opened


@pytest.fixture(scope="session")
def later(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The same, and then a day in November: every ticket is reopened, moved, escalated and closed again, and new ones come."""
    folder = tmp_path_factory.mktemp("later")
    ws = workspace(folder / "ws", bundle)
    more = folder / "more"
    more.mkdir()
    with (bundle / "tickets.csv").open(encoding="utf-8") as given:
        tickets = list(csv.DictReader(given))
    _write_events(more / "ticket_events.csv", tickets)
    new = {"client_id": CLIENT, "created_at": "2026-11-03T09:00:00Z", "type": "incident", "contact_id": tickets[0]["contact_id"],
           "category": "access"}  # fmt: skip
    with (more / "tickets.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["ticket_id", *new])
        writer.writeheader()
        writer.writerows({"ticket_id": f"late-{n}", **new} for n in range(20))
    with (more / "time_entries.csv").open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("entry_id", "technician_id", "started_at", "duration_minutes", "ticket_id", "on_site"))
        rows.writerows((f"late-{n}", "tech-00001", "2026-11-03T10:00:00Z", 60, t["ticket_id"], "true")
                       for n, t in enumerate(tickets[:200]))  # fmt: skip
    import_bundle(ws, more, as_of=datetime(2026, 11, 5, tzinfo=UTC))
    with open_desk(ws, operator_scope()) as opened:
        yield opened


def _write_events(path: Path, tickets: list[dict[str, str]]) -> None:
    """A change of team, category or priority says what was before, as sources do."""
    columns = {"team": "team_id", "category": "category", "priority": "priority"}
    steps = (("reopened", "technician", ""), ("reply", "technician", ""), ("team", "technician", "systems"),
             ("escalation", "technician", ""), ("category", "technician", "network"), ("priority", "technician", "P1"),
             ("article", "technician", "kb-001"), ("closed", "technician", ""))  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("event_id", "ticket_id", "occurred_at", "kind", "actor_kind", "from_value", "to_value"))
        for n, ticket in enumerate(tickets):
            for hour, (kind, actor, value) in enumerate(steps):
                before = ticket.get(columns.get(kind, ""), "")
                at = f"2026-11-02T{8 + hour:02}:00:00Z"
                rows.writerow((f"z{n}-{hour}", ticket["ticket_id"], at, kind, actor, before, value))


@pytest.fixture(scope="session")
def awkward(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("awkward") / "bundle"
    write_awkward(bundle, folder)
    return folder


@pytest.fixture(scope="session")
def asked(awkward: Path) -> Iterator[Desk]:
    with open_desk(workspace(awkward.parent / "ws", awkward), operator_scope()) as opened:
        assert opened.evaluator.con.execute("SELECT count(*) FROM _quarantine").fetchall() == [(0,)]
        yield opened
