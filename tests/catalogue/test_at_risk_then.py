"""What is at risk is told as the ticket was at that instant, not as it is later: by hand."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalogue.conftest import workspace
from catalogue.sheet import Sheet
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.desk import open_desk
from pacesetter.settings import Settings


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [("2026-03-02T09:20:00Z", {("ann", "desk", "P3"): 1}), ("2026-03-02T10:00:00Z", {("ned", "net", "P1"): 1}),
     ("2026-03-02T10:40:00Z", {})],
)  # fmt: skip
def test_at_risk_by_who_held_it_then(as_of: str, expected: dict[tuple[str, str, str], int], tmp_path: Path) -> None:
    """Monday 9:00: to be solved within four hours; Ann of the desk has it for half an hour, then Ned of the network; solved at 10:30."""
    sheet = Sheet()
    sheet.policy(resolve=240)
    [ticket] = sheet.tickets(1, type="incident", priority="P1", team_id="net", technician_id="ned")
    sheet.events([ticket], "assignment", 0, from_value="", to_value="ann")
    sheet.events([ticket], "team", 0, from_value="", to_value="desk")
    sheet.events([ticket], "team", 30, from_value="desk", to_value="net")
    sheet.events([ticket], "assignment", 30, from_value="ann", to_value="ned")
    sheet.events([ticket], "priority", 30, from_value="P3", to_value="P1")
    sheet.events([ticket], "resolved", 90)
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings(), datetime(2026, 3, 3, tzinfo=UTC))
    with open_desk(ws, operator_scope()) as desk:
        cut: dict[str, Any] = {
            "by": ["technician", "team", "priority"],
            "as_of": as_of,
            "first": "2026-03-02",
            "last": "2026-03-03",
        }
        answers = desk.ask(["sla_at_risk"], desk.query(**cut))
        assert {tuple(a.dimensions.values()): a.value for a in answers} == expected
        rows = desk.drill("sla_at_risk", desk.query(first="2026-03-02", last="2026-03-03", as_of=as_of), "numerator")
        assert len(desk.evaluator.run(rows.tree)) == len(expected)
