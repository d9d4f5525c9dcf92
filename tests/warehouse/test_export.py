"""The bundle written back: the same rows, and only the rows of the clients asked for."""

import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from bundles import content, event, query, ticket, write_bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pacesetter.errors import BadRequest
from pacesetter.model.schema import Column, Kind, Table
from pacesetter.model.tables import BY_NAME, TABLES
from pacesetter.warehouse.exporter import export
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\r\",;'"), min_size=1, max_size=8
).filter(lambda s: s.strip(" \t\n\r\xa0") == s)
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)).map(lambda d: d.replace(tzinfo=UTC).isoformat())
NUMBERS = st.floats(0, 1, allow_nan=False).map(repr) | st.integers(0, 1).map(str)
# where it may be left empty, and where required: hours of exceptions and of calendars (those of targets have a vocabulary)
FIXED = {
    "hours": (("10:00-12:00",), ("24x7", "mon-fri 08:00-18:00; sat 22:00-02:00")),
    "holidays": (("DE", "US-NY"), ()),
}
AMOUNTS = st.decimals(Decimal("-99999999999999"), Decimal("99999999999999"), places=4, allow_nan=False).map(str)


def values(column: Column, ids: dict[str, list[str]]) -> st.SearchStrategy[str]:
    if column.kind is Kind.REF:
        known = ids[column.refers_to or ""]
        return st.sampled_from(known) if known else st.just("")
    if column.vocabulary:
        return st.sampled_from(column.vocabulary)
    if column.name == "currency":
        return st.sampled_from(["EUR", "USD"])
    if column.name == "time_zone":
        return st.sampled_from(["UTC", "Europe/Berlin"])
    if column.kind is Kind.TEXT and column.name in FIXED:
        return st.sampled_from(FIXED[column.name][column.required])
    return {
        Kind.INSTANT: INSTANTS, Kind.DATE: st.dates().map(str), Kind.NUM: NUMBERS.map(lambda n: n if column.minimum != 1 else "1"),
        Kind.MONEY: AMOUNTS, Kind.BOOL: st.sampled_from(["true", "false"]), Kind.TEXT: TEXT, Kind.ID: TEXT,
    }[column.kind]  # fmt: skip


@st.composite
def bundles(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    ids: dict[str, list[str]] = {t.name: [f"{t.name}-{i}" for i in range(2)] for t in TABLES}
    chosen = draw(st.lists(st.sampled_from(TABLES), min_size=1, max_size=6, unique_by=lambda t: t.name))
    needed = list(chosen)
    for table in needed:
        needed += [BY_NAME[c.refers_to or ""] for c in table.refs if BY_NAME[c.refers_to or ""] not in needed]
    return {table.name: [draw(row(table, i, ids)) for i in range(2)] for table in needed}


@st.composite
def row(draw: st.DrawFn, table: Table, number: int, ids: dict[str, list[str]]) -> dict[str, str]:
    made = {}
    spans = {name for pair in table.spans for name in pair}
    for column in table.columns:
        if column.name in table.key and column.kind is Kind.ID:
            made[column.name] = ids[table.name][number]
        elif column.name in spans and column.name not in [s for s, _ in table.spans] and not column.required:
            made[column.name] = ""
        elif column.required or draw(st.booleans()):
            made[column.name] = draw(values(column, ids))
        else:
            made[column.name] = ""
    for start, end in table.spans:
        if table.column(end).required:  # type: ignore[union-attr]
            made[end] = made[start]
    return made


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(bundle=bundles(), form=st.sampled_from(["csv", "parquet"]))
def test_an_export_imports_to_the_same_rows(bundle: dict[str, list[dict[str, str]]], form: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, two = Workspace.create(folder / "1"), Workspace.create(folder / "2")
        import_bundle(one, write_bundle(folder / "b", bundle))
        export(one, folder / "out", form=form)  # type: ignore[arg-type]
        report = import_bundle(two, folder / "out")
        assert report.quarantined == 0 and report.warnings == []
        tables = list(bundle)
        assert content(one, tables) == content(two, tables)
        assert sum(len(rows) for rows in content(one, tables).values()) > 0


def rich() -> dict[str, list[dict[str, str]]]:
    both = ("acme", "beta")
    return {
        "calendars": [
            {"calendar_id": k, "name": k, "time_zone": "UTC", "hours": "24x7"}
            for k in ("cal-acme", "cal-beta", "cal-all")
        ],
        "clients": [{"client_id": c, "name": c, "calendar_id": f"cal-{c}"} for c in both],
        "contacts": [{"contact_id": f"p-{c}", "client_id": c} for c in both],
        "teams": [{"team_id": "t-msp", "name": "Desk", "organisation": "msp", "client_id": ""}]
        + [{"team_id": f"t-{c}", "name": f"IT of {c}", "organisation": "client", "client_id": c} for c in both],
        "technicians": [{"technician_id": f"a-{t}", "name": f"A of {t}", "team_id": f"t-{t}"} for t in ("msp", *both)],
        "team_memberships": [{"technician_id": f"a-{t}", "team_id": f"t-{t}"} for t in ("msp", *both)],
        "tickets": [
            {
                **ticket(f"T-{c}"),
                "client_id": c,
                "contact_id": f"p-{c}",
                "team_id": "t-beta",
                "merged_into": "T-beta",
                "x_of": c,
            }
            for c in both
        ],
        "ticket_events": [event(f"E-{c}", f"T-{c}") for c in both],
        "ticket_links": [{"ticket_id": "T-acme", "other_id": "T-beta", "kind": "twin"}],
        "time_entries": [
            {
                "entry_id": f"e-{c}",
                "technician_id": "a-msp",
                "started_at": "2026-01-05T08:00:00Z",
                "duration_minutes": "5",
                "ticket_id": f"T-{c}",
            }
            for c in both
        ],
        "offerings": [{"offering_id": "o", "name": "Care"}],
        "agreements": [
            {
                "agreement_id": f"g-{c}",
                "client_id": c,
                "offering_id": "o",
                "starts_on": "2026-01-01",
                "monthly_amount": "10.5",
            }
            for c in both
        ],
        "invoice_lines": [
            {"line_id": f"l-{c}", "client_id": c, "invoiced_on": "2026-01-01", "amount": "1", "is_recurring": "true"}
            for c in both
        ],
        "costs": [
            {"cost_id": f"c-{c}", "incurred_on": "2026-01-01", "kind": "labor", "amount": "1", "client_id": c}
            for c in (*both, "")
        ],
        "sla_policies": [{"sla_policy_id": f"s-{c}", "name": c, "client_id": c, "agreement_id": f"g-{c}"} for c in both]
        + [{"sla_policy_id": "s-all", "name": "all", "client_id": "", "agreement_id": ""}],
        "sla_targets": [
            {"sla_policy_id": f"s-{c}", "clock": "respond", "target_minutes": "60", "hours": "business"}
            for c in (*both, "all")
        ],
        "services": [{"service_id": f"v-{c}", "client_id": c, "name": "Mail", "since_on": "2026-01-01"} for c in both],
        "outages": [{"outage_id": f"u-{c}", "service_id": f"v-{c}", "starts_at": "2026-01-05T08:00:00Z"} for c in both],
        "surveys": [
            {"survey_id": f"y-{c}", "kind": "csat", "sent_at": "2026-01-05T08:00:00Z", "contact_id": f"p-{c}"}
            for c in both
        ],
        "raci_tasks": [{"task_id": f"k-{c}", "name": "Reset", "client_id": c} for c in (*both, "")],
        "raci_roles": [{"role_id": f"r-{c}", "name": "Lead", "contact_id": f"p-{c}"} for c in both],
        "raci_assignments": [{"task_id": f"k-{c}", "role_id": f"r-{c}", "letter": "R"} for c in both],
        "targets": [{"kpi": "csat", "value": "90", "client_id": c, "team_id": ""} for c in (*both, "")],
    }


def test_an_export_for_one_client_has_nothing_of_another(ws: Workspace, tmp_path: Path) -> None:
    assert import_bundle(ws, write_bundle(tmp_path / "b", rich())).quarantined == 0
    written = export(ws, tmp_path / "out", clients=["acme"])
    for file in (tmp_path / "out").iterdir():
        assert "beta" not in file.read_text(), file.name
    for table in rich():
        assert table in written or table in ("ticket_links",), f"{table} is missing"
    assert written["tickets"] == written["ticket_events"] == written["costs"] == 1
    assert written["targets"] == written["sla_policies"] == written["raci_tasks"] == 2
    other = Workspace.create(tmp_path / "other")
    assert import_bundle(other, tmp_path / "out").quarantined == 0
    assert query(other, "SELECT ticket_id, contact_id, team_id, merged_into, x_of FROM tickets") == [
        ("T-acme", "p-acme", None, None, "acme")
    ]


def test_a_whole_export_has_every_row(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", rich()))
    assert export(ws, tmp_path / "out") == {t.name: len(rich()[t.name]) for t in TABLES if t.name in rich()}


def test_an_export_refuses_a_folder_in_use_and_an_unknown_client(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", rich()))
    with pytest.raises(BadRequest, match="there is something already; name a new or empty folder"):
        export(ws, tmp_path / "b")
    with pytest.raises(BadRequest, match="--client: no client 'zeta'"):
        export(ws, tmp_path / "out", clients=["zeta"])
    assert not (tmp_path / "out").exists()
