"""Tickets merged in a circle are out of every KPI, so that each of them is a defect, whichever import closed or opened the circle."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from bundles import CLIENTS, event, query, ticket, write_bundle

from pacesetter.cli.doctor_report import print_doctor
from pacesetter.cli.output import Format
from pacesetter.warehouse import facts
from pacesetter.warehouse.doctor import doctor
from pacesetter.warehouse.editing import derive_anew
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

REAL_BUILD = facts.build
WITH = "SELECT ticket_id, column_value FROM _defects WHERE kind = 'merged_in_a_circle' ORDER BY 1"


@pytest.fixture
def desk(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose imports derive facts."""
    monkeypatch.setattr(facts, "build", REAL_BUILD)
    return ws


def load(ws: Workspace, folder: Path, tickets: Sequence[dict[str, str]], events: Sequence[dict[str, str]] = ()) -> None:
    tables = {"clients": CLIENTS, "tickets": tickets} | ({"ticket_events": events} if events else {})
    import_bundle(ws, write_bundle(folder, tables))


def circles(ws: Workspace) -> dict[str, str]:
    """The defects by ticket; the same as if everything were derived anew."""
    found = query(ws, WITH)
    everything = query(ws, "SELECT * FROM _defects ORDER BY ALL")
    derive_anew(ws)
    assert query(ws, WITH) == found and query(ws, "SELECT * FROM _defects ORDER BY ALL") == everything
    assert len({ticket_id for ticket_id, _ in found}) == len(found)
    return {str(a): str(b) for a, b in found}


def test_a_circle_is_closed_and_opened_by_later_imports(desk: Workspace, tmp_path: Path) -> None:
    load(desk, tmp_path / "1", [ticket("A", merged_into="B"), ticket("B"), ticket("C"), ticket("D", merged_into="A")])
    assert circles(desk) == {}
    load(desk, tmp_path / "2", [ticket("B", merged_into="A")])
    assert circles(desk) == {"A": "B", "B": "A"}, "A has not changed, and D only leads into the circle"
    assert query(desk, "SELECT ticket_id FROM f_tickets WHERE excluded_as IS NULL") == [("C",)]
    (group,) = doctor(desk).defects
    assert (group.kind, group.detail, group.tickets) == ("merged_in_a_circle", "merged_into", 2)
    load(desk, tmp_path / "3", [ticket("B", merged_into="C")])
    assert circles(desk) == {}


def test_circles_of_any_length_by_columns_and_by_events(desk: Workspace, tmp_path: Path) -> None:
    """Seven in a ring with a tail of five, three by events, one merged into itself, a chain that ends well."""
    ring = [ticket(f"R{i}", merged_into=f"R{(i + 1) % 7}") for i in range(7)]
    tail = [ticket(f"T{i}", merged_into=f"T{i + 1}" if i < 4 else "R3") for i in range(5)]
    chain = [ticket(f"K{i}", **({"merged_into": f"K{i + 1}"} if i < 9 else {})) for i in range(10)]
    told = [ticket("X"), ticket("Y"), ticket("Z", merged_into="X"), ticket("S", merged_into="S")]
    events = [
        event("1", "X", kind="merge", to_value="Y"), event("2", "Y", kind="merge", to_value="Z"),
        event("3", "K9", kind="merge", to_value="K9"), event("4", "K9", kind="merge", to_value="nowhere"),
    ]  # fmt: skip
    load(desk, tmp_path / "b", [*ring, *tail, *chain, *told], events)
    expected = {f"R{i}": f"R{(i + 1) % 7}" for i in range(7)} | {"X": "Y", "Y": "Z", "Z": "X", "S": "S"}
    assert circles(desk) == expected


def test_the_doctor_says_it(desk: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from datetime import UTC, datetime

    load(desk, tmp_path / "b", [ticket("A", merged_into="B"), ticket("B", merged_into="A")])
    print_doctor(doctor(desk), [], Format.TABLE, desk.settings, datetime(2026, 2, 1, tzinfo=UTC))
    told = capsys.readouterr().out
    assert "merged in a circle, merged_into: 2 tickets" in told and "A: B" in told and "B: A" in told
