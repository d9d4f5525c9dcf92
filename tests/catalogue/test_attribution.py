"""Which agreement a ticket stands under and in which shift something happened: by hand, against SQL of its own, and within a scope."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalogue.conftest import AS_OF, CLIENT, workspace
from catalogue.independent_world import load
from catalogue.sheet import Sheet, at
from pacesetter.access.scope import client_scope, operator_scope
from pacesetter.catalogue import guard
from pacesetter.catalogue.attribution import read_agreement_spans
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.drill import Side, drill
from pacesetter.catalogue.facts import FACTS
from pacesetter.errors import BadRequest, Forbidden
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

DAY = 24 * 60  # in minutes; the sheet begins on Monday, 2 March 2026, at 9:00 UTC
END = datetime(2026, 4, 1, tzinfo=UTC)
Counts = dict[str | None, float | None]


def counts(desk: Desk, kpi: str, by: str, **words: Any) -> Counts:
    """What the first statistic says by one dimension."""
    query = desk.query(first="2026-03-01", last="2026-04-01", by=[by], **words)
    answers = desk.ask([kpi], query)
    return {a.dimensions[by]: a.value for a in answers if a.statistic == answers[0].statistic}


def contracts() -> Sheet:
    """Acme holds one agreement about the desk, one about backups until Tuesday (then another one), and two about security; Bolt one about
    the desk; Calm none. The policies of two of them are named by tickets."""
    sheet = Sheet()
    for client in ("acme", "bolt", "calm"):
        sheet.add("clients", client_id=client, name=client.title())
    for offering in ("desk", "backup", "security", "voice"):
        sheet.add("offerings", offering_id=offering, name=offering.title())
    for agreement, client, offering, starts, ends in (
        ("a-desk", "acme", "desk", "2020-01-01", "9999-12-31"),
        ("a-backup", "acme", "backup", "2020-01-01", "2026-03-03"),
        ("a-backup-2", "acme", "backup", "2026-03-03", ""),
        ("a-security", "acme", "security", "2020-01-01", ""),
        ("a-security-2", "acme", "security", "2025-01-01", ""),
        ("a-nothing", "acme", "voice", "2026-01-01", "2026-01-01"),
        ("b-desk", "bolt", "desk", "2026-03-02", ""),
    ):
        sheet.add("agreements", agreement_id=agreement, client_id=client, offering_id=offering, starts_on=starts, ends_on=ends,
                  monthly_amount=100)  # fmt: skip
    for policy, agreement in (("p-acme", "a-security"), ("p-bolt", "b-desk"), ("p-all", "")):
        sheet.add("sla_policies", sla_policy_id=policy, name=policy, agreement_id=agreement)
        sheet.add("sla_targets", sla_policy_id=policy, clock="respond", target_minutes=60, hours="calendar")
    return sheet


CASES = (
    # client, offering, minute of creation, the policy that the source names; the agreement
    ("acme", "desk", 0, "", "a-desk"),
    ("acme", "desk", 0, "p-all", "a-desk"),
    ("acme", "backup", 0, "", "a-backup"),
    ("acme", "backup", 15 * 60 - 1 / 60, "", "a-backup"),  # the last second of Monday
    ("acme", "backup", 15 * 60, "", "a-backup-2"),
    ("acme", "security", 0, "", None),  # two could be
    ("acme", "security", 0, "p-acme", "a-security"),  # the source says which
    ("acme", "security", 0, "p-bolt", None),  # another client's is none
    ("acme", "voice", 0, "", None),  # none is about it
    ("acme", "", 0, "", None),  # three could be
    ("bolt", "", 0, "", "b-desk"),  # one alone could be
    ("bolt", "", -9 * 60 - 1, "", None),  # before it began, on Sunday
    ("bolt", "backup", 0, "", None),
    ("calm", "desk", 0, "", None),
)


def told() -> Sheet:
    """The cases as tickets, each resolved and closed after a day, with one hour of work and one survey each."""
    sheet = contracts()
    for client, offering, minute, policy, _ in CASES:
        [ticket] = sheet.tickets(1, client_id=client, created=minute, offering_id=offering, sla_policy_id=policy)
        sheet.events([ticket], "reply", minute + 1, actor_id="ann", is_public="true")
        sheet.events([ticket], "escalation", minute + 5, actor_id="ann", from_value="desk", to_value="net")
        for kind in ("resolved", "closed"):
            sheet.events([ticket], kind, minute + DAY, actor_id="ann")
        sheet.add(
            "time_entries",
            entry_id="w{n}",
            technician_id="ann",
            started_at=at(minute + 10),
            duration_minutes=60,
            ticket_id=ticket,
        )
        sheet.add("surveys", survey_id="s{n}", kind="csat", sent_at=at(minute + 3 * DAY), answered_at=at(minute + 3 * DAY), score=5,
                  ticket_id=ticket)  # fmt: skip
    return sheet


def expected() -> Counts:
    found: Counts = {}
    for *_, agreement in CASES:
        found[agreement] = (found.get(agreement) or 0) + 1
    return found


@pytest.fixture(scope="module")
def contracted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("contracts")
    told().save(folder / "bundle")
    return workspace(folder / "ws", folder / "bundle", Settings(), END)


def test_every_case_alone(contracted: Workspace) -> None:
    """The drill's filter: each ticket stands under its own agreement and under no other."""
    with open_desk(contracted, operator_scope()) as desk:
        for agreement in expected():
            query = desk.query(first="2026-03-01", last="2026-04-01", where=[f"agreement={agreement or ''}"])
            rows = drill(desk.evaluator, desk.find("tickets_created"), query, desk.scope, Side.NUMERATOR)
            found = {row[rows.columns.index("ticket_id")] for row in desk.evaluator.run(rows.tree)}
            assert found == {f"t{n}" for n, case in enumerate(CASES) if case[-1] == agreement}, agreement


@pytest.mark.parametrize(
    "kpi", ["tickets_created", "resolution_time", "mttr", "escalation_rate", "time_to_escalate", "csat", "technician_efficiency",
            "first_response_time", "customer_efficiency", "sla_response_compliance", "sla_compliance", "record_completeness",
            "time_in_hands", "automation_rate", "time_to_resolution_median_km"]
)  # fmt: skip
def test_every_row_about_a_ticket_has_its_agreement(contracted: Workspace, kpi: str) -> None:
    with open_desk(contracted, operator_scope()) as desk:
        query = desk.query(first="2026-03-01", last="2026-04-01", by=["agreement"])
        answers = desk.ask([kpi], query)
    found = {a.dimensions["agreement"]: a.n for a in answers if a.statistic == answers[0].statistic}
    assert found == expected()


def test_counts_by_agreement(contracted: Workspace) -> None:
    with open_desk(contracted, operator_scope()) as desk:
        for kpi in ("tickets_created", "tickets_resolved", "tickets_closed"):
            assert counts(desk, kpi, "agreement") == expected()
        assert counts(desk, "tickets_created", "agreement", where=["client=bolt"]) == {"b-desk": 1, None: 2}


def test_open_tickets_by_agreement(contracted: Workspace) -> None:
    """As of Monday, 10:00: what was created until then is open."""
    with open_desk(contracted, operator_scope()) as desk:
        query = desk.query(first="2026-03-01", last="2026-04-01", by=["agreement"], as_of="2026-03-02T10:00:00Z")
        found = {a.dimensions["agreement"]: a.value for a in desk.ask(["backlog"], query)}
    assert found == {"a-desk": 2, "a-backup": 1, "a-security": 1, "b-desk": 1, None: 7}


def test_an_agreement_begins_at_midnight_of_the_workspaces_zone(tmp_path: Path) -> None:
    """In New York Monday has not begun when the day begins in UTC."""
    sheet = contracts()
    for hour in (-5, -4.5, -4):  # midnight in New York is 5:00 UTC, four hours before the sheet begins
        sheet.tickets(1, client_id="bolt", created=hour * 60)
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings(time_zone="America/New_York"), END)
    with open_desk(ws, operator_scope()) as desk:
        assert counts(desk, "tickets_created", "agreement") == {"b-desk": 1, None: 2}


def test_an_agreement_that_comes_later_changes_what_is_asked_then(tmp_path: Path) -> None:
    """An import of agreements alone: tickets that did not change stand where they belong now."""
    sheet = contracts()
    sheet.tickets(3, client_id="calm", offering_id="desk")
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings(), END)
    with open_desk(ws, operator_scope()) as desk:
        assert counts(desk, "tickets_created", "agreement") == {None: 3}
    more = tmp_path / "more"
    more.mkdir()
    (more / "agreements.csv").write_text(
        "agreement_id,client_id,offering_id,starts_on,monthly_amount\nc-desk,calm,desk,2026-01-01,10\n", "utf-8"
    )
    import_bundle(ws, more, as_of=END)
    with open_desk(ws, operator_scope()) as desk:
        assert counts(desk, "tickets_created", "agreement") == {"c-desk": 3}


def test_a_client_sees_its_own_agreements_alone(contracted: Workspace) -> None:
    whole = {"a-desk": 2, "a-backup": 2, "a-backup-2": 1, "a-security": 1, None: 4}
    with open_desk(contracted, client_scope("anna", frozenset({"acme"}))) as desk:
        for kpi in ("tickets_created", "tickets_resolved", "tickets_closed"):
            assert counts(desk, kpi, "agreement") == whole
        assert counts(desk, "tickets_created", "agreement", where=["agreement=b-desk", "agreement=a-desk"]) == {
            "a-desk": 2
        }


def test_spans_are_disjoint_and_of_one_agreement(contracted: Workspace) -> None:
    with open_desk(contracted, operator_scope()) as desk:
        rows = read_agreement_spans(desk.evaluator.con, desk.zone).to_pylist()
    places: dict[tuple[str, str | None], list[tuple[int, int]]] = {}
    for row in rows:
        places.setdefault((row["client_id"], row["offering_id"]), []).append((row["from_s"], row["to_s"]))
    assert rows and all(
        a[1] <= b[0] for spans in places.values() for a, b in zip(sorted(spans), sorted(spans)[1:], strict=False)
    )
    assert ("acme", "voice") not in places and ("calm", None) not in places


BY_AGREEMENT = """
    WITH near AS (
        SELECT t.ticket_id, t.client_id, g.agreement_id FROM t JOIN agreements AS g ON g.client_id = t.client_id
            AND (t.offering_id IS NULL OR g.offering_id = t.offering_id)
            AND midnight(g.starts_on) <= t.c AND (g.ends_on IS NULL OR midnight(g.ends_on) > t.c)),
    one AS (SELECT ticket_id, min(agreement_id) AS agreement FROM near GROUP BY ticket_id HAVING count(*) = 1),
    named AS (SELECT t.ticket_id, g.agreement_id AS agreement FROM t JOIN sla_policies AS p USING (sla_policy_id)
        JOIN agreements AS g ON g.agreement_id = p.agreement_id AND g.client_id = t.client_id)
    SELECT coalesce(n.agreement, o.agreement) AS agreement, count(*) FROM {rows}
    LEFT JOIN one AS o USING (ticket_id) LEFT JOIN named AS n USING (ticket_id) WHERE NOT t.is_out AND {when} GROUP BY ALL"""
BY_SHIFT = """
    WITH given AS (SELECT shift_id, technician_id, at_s(starts_at) AS a, at_s(ends_at) AS b, coalesce(kind, 'work') AS kind FROM shifts),
    away AS (SELECT * FROM given WHERE kind = 'absence'),
    worked AS (
        SELECT g.* FROM given AS g WHERE kind = 'work' AND EXISTS (
            SELECT 1 FROM (SELECT g.a AS s UNION ALL SELECT b FROM away WHERE technician_id = g.technician_id AND b > g.a AND b < g.b) AS x
            WHERE NOT EXISTS (SELECT 1 FROM away AS w WHERE w.technician_id = g.technician_id AND w.a <= x.s AND x.s < w.b))),
    ends AS (
        SELECT r.ticket_id, r.s, was(r.ticket_id, 'technician', r.s) AS technician FROM resolved AS r JOIN t USING (ticket_id)
        WHERE NOT is_out AND r.s >= midnight(DATE '2026-05-01') AND r.s < midnight(DATE '2026-11-01')),
    placed AS (
        SELECT e.ticket_id, min(w.shift_id) AS shift FROM ends AS e
        LEFT JOIN worked AS w ON w.technician_id = e.technician AND w.a <= e.s AND e.s < w.b GROUP BY e.ticket_id)
    SELECT shift, count(*) FROM placed GROUP BY shift"""


def test_agreements_and_shifts_against_sql_of_their_own(asked: Desk, awkward: Path) -> None:
    con = load(awkward, int(AS_OF.timestamp()), "cal-berlin")
    within = "{0} >= midnight(DATE '2026-05-01') AND {0} < midnight(DATE '2026-11-01')"
    cases = (
        ("tickets_created", "agreement", BY_AGREEMENT.format(rows="t", when=within.format("t.c"))),
        ("tickets_resolved", "agreement", BY_AGREEMENT.format(rows="t JOIN resolved AS r USING (ticket_id)", when=within.format("r.s"))),
        ("tickets_resolved", "shift", BY_SHIFT),
    )  # fmt: skip
    for kpi, by, text in cases:
        answers = asked.ask([kpi], asked.query(first="2026-05-01", last="2026-11-01", by=[by]))
        found = {a.dimensions[by]: a.value for a in answers if a.value}
        by_hand = dict(con.execute(text).fetchall())
        assert found == by_hand and None in found and len(found) > 10, (kpi, by)


@pytest.mark.parametrize(
    ("kpi", "by"), [("tickets_created", "agreement"), ("csat", "agreement"), ("resolution_time", "shift")]
)
def test_a_client_alone_has_what_it_has_among_others(desk: Desk, alone: Desk, kpi: str, by: str) -> None:
    words: dict[str, Any] = {"first": "2026-05-01", "last": "2026-11-01", "by": [by]}
    among = desk.ask([kpi], desk.query(**words, where=[f"client={CLIENT}"]))
    own = Desk(desk.settings, desk.evaluator, replace(operator_scope(), clients=frozenset({CLIENT})), desk.as_of_s)
    for answers in (own.ask([kpi], own.query(**words)), alone.ask([kpi], alone.query(**words))):
        assert [(a.dimensions, a.value, a.n) for a in answers] == [(a.dimensions, a.value, a.n) for a in among]
    assert len(among) > 2


def turns() -> Sheet:
    """Ann works early on Monday; then late, half an hour of which both shifts cover; she is away on Tuesday. Ned works over midnight."""
    sheet = Sheet()
    for name, who, begin, end, kind in (
        ("early", "ann", 0, 240, "work"),
        ("late", "ann", 210, 480, ""),
        ("tuesday", "ann", DAY, DAY + 480, "work"),
        ("ill", "ann", DAY, DAY + 480, "absence"),
        ("night", "ned", 13 * 60, 21 * 60, "work"),
    ):
        sheet.add("shifts", shift_id=name, technician_id=who, starts_at=at(begin), ends_at=at(end), kind=kind)
    return sheet


RESOLVED = (
    # technician, minute, shift
    ("ann", 0, "early"),
    ("ann", 210, "early"),  # both: the one of the lowest id
    ("ann", 240, "late"),
    ("ann", 479, "late"),
    ("ann", 480, None),
    ("ann", DAY + 60, None),  # nothing is left of that shift
    ("ned", 13 * 60, "night"),
    ("ned", 15 * 60 - 1 / 60, "night"),  # the last second of Monday
    ("ned", 15 * 60, "night"),
    ("ned", 21 * 60, None),
    ("ned", 60, None),  # ann's shift is not his
    ("", 60, None),
)


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("turns")
    sheet = turns()
    for who, minute, _ in RESOLVED:
        [ticket] = sheet.tickets(1, created=-DAY, technician_id=who, client_id="acme")
        sheet.events([ticket], "reply", minute, is_public="true")
        sheet.events([ticket], "resolved", minute)
        sheet.events([ticket], "closed", minute + 2 * DAY, "automation")
        if who:
            sheet.add(
                "time_entries",
                entry_id="w{n}",
                technician_id=who,
                started_at=at(minute),
                duration_minutes=30,
                ticket_id=ticket,
            )
    sheet.save(folder / "bundle")
    with open_desk(workspace(folder / "ws", folder / "bundle", Settings(), END), operator_scope()) as opened:
        yield opened


def test_resolutions_responses_and_work_by_shift(shifted: Desk) -> None:
    solved: Counts = {}
    for *_, shift in RESOLVED:
        solved[shift] = (solved.get(shift) or 0) + 1
    assert counts(shifted, "tickets_resolved", "shift") == solved
    query = shifted.query(first="2026-03-01", last="2026-04-01", by=["shift"])
    for kpi in ("first_response_time", "resolution_time", "first_contact_resolution"):
        found = shifted.ask([kpi], query)
        assert {a.dimensions["shift"]: a.n for a in found if a.statistic == found[0].statistic} == solved, kpi
    # 30 minutes on each ticket; what has no technician has no work
    efficiency = counts(shifted, "technician_efficiency", "shift")
    assert {k: efficiency[k] for k in ("early", "late", "night")} == dict.fromkeys(("early", "late", "night"), 1800)
    assert counts(shifted, "tickets_resolved", "shift", where=["shift=night", "shift="]) == {"night": 3, None: 5}


def test_a_closing_after_work_is_in_no_shift(shifted: Desk) -> None:
    assert counts(shifted, "tickets_closed", "shift") == {None: len(RESOLVED)}


def test_the_shift_is_that_of_the_event_whatever_the_anchor(shifted: Desk) -> None:
    """Of the tickets created on Sunday, by the shift that resolved them on Monday."""
    query = shifted.query(first="2026-03-01", last="2026-03-02", by=["shift"], anchor="created")
    found = {a.dimensions["shift"]: a.value for a in shifted.ask(["tickets_resolved"], query)}
    assert found == {"early": 2, "late": 2, "night": 3, None: 5}
    before = shifted.query(
        first="2026-03-01", last="2026-03-02", by=["shift"], anchor="created", as_of="2026-03-02T10:30:00Z"
    )
    assert {a.dimensions["shift"]: a.value for a in shifted.ask(["tickets_resolved"], before)} == {"early": 1, None: 2}


def test_shifts_by_the_hour_and_month_add_up(shifted: Desk) -> None:
    for grain in ("hour", "day", "week", "month"):
        query = shifted.query(first="2026-03-01", last="2026-04-01", by=["shift"], grain=grain)
        found: dict[str | None, float] = {}
        for a in shifted.ask(["tickets_resolved"], query):
            found[a.dimensions["shift"]] = found.get(a.dimensions["shift"], 0) + (a.value or 0)
        assert found == {"early": 2, "late": 2, "night": 3, None: 5}, grain


def test_what_is_no_act_has_no_shift(shifted: Desk) -> None:
    for kpi in ("tickets_created", "backlog", "backlog_age", "resolution_rate"):
        with pytest.raises(BadRequest, match="no dimension 'shift'"):
            counts(shifted, kpi, "shift")


def test_shifts_tell_of_single_people(shifted: Desk) -> None:
    """Whoever may not see technicians may not see their shifts either; a client sees no row of another."""
    plain = client_scope("anna", frozenset({"acme"}))
    query = shifted.query(first="2026-03-01", last="2026-04-01", by=["shift"])
    assert not guard.may_cut_by("shift", plain)
    with pytest.raises(Forbidden):
        guard.narrowed([shifted.find("tickets_resolved")], query, plain)
    rows = shifted.drill("tickets_per_shift", shifted.query(first="2026-03-01", last="2026-04-01"), "denominator")
    assert "shift_id" in rows.columns and "shift_id" not in guard.shown(rows, plain).columns


def test_what_is_looked_up_can_be_looked_up() -> None:
    for fact in FACTS.values():
        if fact.has_ticket:
            assert {"client_id", "created_s", "ticket_key"} <= set(fact.columns), fact.name
        if fact.shift_at:
            assert {"technician_id", fact.shift_at} <= set(fact.columns), fact.name
            assert not (fact.instant or fact.periodic), fact.name
