"""Facts of responsibility after a small import or edit are those of a workspace built whole from the same records."""

import csv
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pacesetter.access import audit
from pacesetter.access.store import Store
from pacesetter.cli.main import app
from pacesetter.settings import Settings
from pacesetter.warehouse.editing import apply_edit
from pacesetter.warehouse.exporter import export
from pacesetter.warehouse.facts import raci
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
FACTS = ("f_raci", "f_raci_duties", "f_raci_kinds", "f_raci_parts")


@pytest.fixture(scope="module")
def start(small_world: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy, since these tests change it."""
    folder = tmp_path_factory.mktemp("raci-changes") / "ws"
    shutil.copytree(small_world.root, folder)
    return Workspace.open(folder)


def workspace(folder: Path) -> Workspace:
    return Workspace.create(folder, Settings(time_zone="Europe/Berlin", currency="EUR", calendar="cal-berlin"))


def facts(ws: Workspace) -> dict[str, list[tuple[object, ...]]]:
    """The facts by ticket id, since keys are given anew."""
    found = {}
    with ws.reader() as con:
        for fact in FACTS:
            ticket = "JOIN f_tickets AS t ON t.ticket_key = f.ticket_key" if fact in ("f_raci", "f_raci_duties") else ""
            columns = "t.ticket_id, f.* EXCLUDE (ticket_key)" if ticket else "f.*"
            found[fact] = sorted(con.execute(f"SELECT {columns} FROM {fact} AS f {ticket}").fetchall(), key=repr)
    return found


def touched(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, change: dict[str, list[dict[str, str | None]]]
) -> int | None:
    """Make a change; how many tickets were derived again, None where all were."""
    counts: list[int | None] = []
    stale = raci.stale_keys

    def counted(con, changed, kinds, parts, target):  # type: ignore[no-untyped-def]
        in_part = stale(con, changed, kinds, parts, target)
        counts.append(con.execute(f"SELECT count(*) FROM {target}").fetchall()[0][0] if in_part else None)
        return in_part

    monkeypatch.setattr(raci, "stale_keys", counted)
    apply_edit(ws, change)
    return counts[-1]


def test_small_changes_come_to_the_same_as_building_whole(
    start: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start.reader() as con:
        covered = [r[0] for r in con.execute(
            "SELECT DISTINCT t.ticket_id FROM f_raci AS f JOIN f_tickets AS t ON t.ticket_key = f.ticket_key WHERE f.basis = 'hours' "
            "AND f.task_id = 'task-patching' ORDER BY 1").fetchall()]  # fmt: skip
        entry = con.execute(
            "SELECT entry_id FROM time_entries WHERE ticket_id = ? ORDER BY 1", [covered[0]]
        ).fetchall()[0][0]
        lead = con.execute("SELECT technician_id FROM technicians WHERE team_id = 'systems' ORDER BY 1").fetchall()[0][
            0
        ]
        tickets = con.execute("SELECT count(*) FROM tickets").fetchall()[0][0]
    few, some = 3, tickets // 4
    for change, most in (
        ({"time_entries": [{"entry_id": entry, "technician_id": lead, "duration_minutes": "600"}]}, few),
        ({"tickets": [{"ticket_id": covered[1], "subcategory": "firewall"}]}, few),
        ({"raci_assignments": [{"task_id": "task-patching", "role_id": "role-desk-europe", "letter": "R", "valid_from": "2026-08-01"}]},
         some),
        ({"raci_tasks": [{"task_id": "task-new", "name": "Printers", "category": "hardware"}]}, some),
        ({"raci_assignments": [{"task_id": "task-new", "role_id": "role-systems", "letter": "R"},
                               {"task_id": "task-new", "role_id": "role-lead-desk", "letter": "A"}]}, some),
        ({"targets": [{"kpi": "csat", "value": "80"}]}, None),
        ({"raci_roles": [{"role_id": "role-lead-desk", "technician_id": lead}]}, None),
    ):  # fmt: skip
        again = touched(start, monkeypatch, change) if "targets" not in change else apply_edit(start, change) and None
        assert (again is None) == (most is None) and (again is None or most is None or 0 < again <= most), (
            change,
            again,
        )
    export(start, tmp_path / "bundle")
    other = workspace(tmp_path / "whole")
    import_bundle(other, tmp_path / "bundle", as_of=AS_OF)
    mine, theirs = facts(start), facts(other)
    for fact in FACTS:
        assert mine[fact] == theirs[fact], fact
    assert any(row for row in mine["f_raci"] if "task-new" in row)
    with (tmp_path / "bundle" / "time_entries.csv").open(encoding="utf-8") as file:
        assert any(row["entry_id"] == entry and float(row["duration_minutes"]) == 600 for row in csv.DictReader(file))


def test_an_import_at_the_console_stands_in_the_audit_log(start: Workspace, tmp_path: Path) -> None:
    place = ["-w", str(start.root)]
    file = tmp_path / "m.toml"
    text = CliRunner().invoke(app, ["raci", "export", *place]).stdout
    file.write_text(text.replace('name = "Printers"', 'name = "Printers and scanners"'), "utf-8")
    assert CliRunner().invoke(app, ["raci", "import", str(file), *place]).exit_code == 0
    store = Store.open(start.root)
    with store.work() as work:
        entry = audit.latest(work, 1)[0]
        assert (entry.who, entry.what, entry.about) == (audit.CONSOLE, "RACI matrix", "every client")
        assert entry.after is not None and entry.after["lines"] == [
            "Printers and scanners: changed (category hardware)"
        ]
    store.close()
    assert 'name = "Printers and scanners"' in CliRunner().invoke(app, ["raci", "export", *place]).stdout
