"""The worked example of every KPI, computed from rows by the product. An example without rows here fails."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue import worked_business, worked_responsibility, worked_tickets
from catalogue.conftest import workspace
from catalogue.sheet import Sheet
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import registry
from pacesetter.catalogue.desk import open_desk
from pacesetter.settings import Settings

EXAMPLES = worked_tickets.EXAMPLES
KPIS = registry.catalogue()
assert worked_business and worked_responsibility
BY = {"speed_quality": ("technician", "ann"), "sla_breach_hands": ("holder", "msp tier 2")}


@pytest.mark.parametrize("kpi_id", KPIS)
def test_example(kpi_id: str, tmp_path: Path) -> None:
    assert kpi_id in EXAMPLES, "this KPI has a worked example in words only"
    sheet = Sheet()
    EXAMPLES[kpi_id](sheet)
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings(), datetime(2026, 4, 1, tzinfo=UTC))
    with open_desk(ws, operator_scope()) as desk:
        by, group = BY.get(kpi_id, (None, None))
        query = desk.query(first="2026-03-01", last="2026-04-01", by=[by] if by else [])
        found = [a for a in desk.ask([kpi_id], query) if by is None or a.dimensions[by] == group]
    first = found[0]
    assert first.value == pytest.approx(KPIS[kpi_id].example.value, rel=1e-9), first
