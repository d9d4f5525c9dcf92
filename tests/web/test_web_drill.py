"""The rows behind a number, a ticket's drawn time, the rows that wait or disagree."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import FILES, PEOPLE, Served, signed_in, write_bundle

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import registry
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.drill_rows import Matching
from pacesetter.insight.ticket_story import ClockStretch, Holding, Story, TicketEvent
from pacesetter.reports.rows import page_of, read_page, write_file
from pacesetter.reports.timeline import LATE, MOST_TICKS, PAUSED, RUNNING, draw, stretches_of
from pacesetter.warehouse.importer import import_bundle

AsRole = Callable[[str], TestClient]
ROWS = "/kpis/tickets_created/rows?period=custom&from=2026-10-01&to=2026-10-31"


def ids_on(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/tickets/([^"]+)"', page)


def test_a_search_finds_by_subject_number_and_the_names_of_clients_and_people(as_role: AsRole) -> None:
    client = as_role("administrator")
    assert set(ids_on(client.get(f"{ROWS}&q=Printer+7").text)) == {"A-7", "A-17"}
    assert ids_on(client.get(f"{ROWS}&q=canary-3").text) == ["CANARY-3"]
    assert len(ids_on(client.get(f"{ROWS}&q=acme+works").text)) == 20, "the client's name, of which rows hold the id"
    assert len(ids_on(client.get(f"{ROWS}&q=hushington").text)) == 14
    assert ids_on(client.get(f"{ROWS}&q=hushington+printer").text) == [], "every word has to be found"
    assert client.get(f"{ROWS}&q=a+b+c+d+e+f+g").status_code == 400


def test_nobody_finds_by_what_they_may_not_see(as_role: AsRole) -> None:
    client = as_role("client_manager")
    assert len(ids_on(client.get(ROWS).text)) == 20
    for word in ("whisperly", "t-ann", "canary", "hushington"):
        assert ids_on(client.get(f"{ROWS}&q={word}").text) == [], word
    for name in ("technician", "technician_id"):
        assert client.get(f"{ROWS}&columns=ticket_id,{name}").status_code == 400
        assert client.get(f"{ROWS}&sort={name}").status_code == 400


def test_columns_are_chosen_and_stay_in_the_address(as_role: AsRole) -> None:
    client = as_role("administrator")
    page = client.get(f"{ROWS}&column=ticket_id&column=contact&column=channel").text
    heads = re.findall(r"<th scope=\"col\"[^>]*><a href=\"([^\"]+)\">([^<]+)", page)
    assert [name for _, name in heads] == ["Ticket id", "Contact", "Channel"]
    assert all("columns=ticket_id%2Ccontact%2Cchannel" in unescape(address) for address, _ in heads)
    again = client.get(unescape(heads[1][0])).text
    assert "canary-contact" in again and "Printer" not in again


@pytest.mark.parametrize("sort", ["", "ticket_id", "-ticket_id", "subject", "-created_at", "-priority", "value"])
def test_pages_from_either_end_are_all_rows_once_and_in_order(sort: str, served: Served) -> None:
    with open_desk(served.workspace, operator_scope()) as desk:
        drill = desk.drill("tickets_created", desk.query(), "numerator").choosing(
            ["ticket_id", "subject", "created_at", "priority", "value"]
        )
        con = desk.evaluator.con
        whole = read_page(con, page_of(drill, sort, 1000, 0)).rows
        paged = [row for offset in range(0, 40, 5) for row in read_page(con, page_of(drill, sort, 5, offset)).rows]
    assert paged == whole and len({row[0] for row in whole}) == 34
    name = sort.removeprefix("-")
    if name:
        column = [row[["ticket_id", "subject", "created_at", "priority", "value"].index(name)] for row in whole]
        assert column == sorted(column, reverse=sort.startswith("-"))


def test_the_file_has_the_rows_of_the_page(as_role: AsRole, tmp_path: Path) -> None:
    client = as_role("administrator")
    words = "&q=printer&columns=ticket_id,subject,value&sort=-ticket_id"
    told = list(csv.DictReader(io.StringIO(client.get(ROWS.replace("rows?", "rows.csv?") + words).text)))
    assert [row["ticket_id"] for row in told] == ids_on(client.get(ROWS + words).text) and len(told) == 20
    assert list(told[0]) == ["ticket_id", "subject", "value"]
    answer = client.get(ROWS.replace("rows?", "rows.parquet?") + words)
    assert pq.read_table(io.BytesIO(answer.content)).num_rows == 20
    for role, status in (("client_viewer", 403), ("technician", 403), ("client_manager", 200)):
        assert as_role(role).get(ROWS.replace("rows?", "rows.csv?")).status_code == status
    assert client.get("/kpis/tickets_created/rows.xlsx").status_code == 404


def test_a_text_that_looks_like_a_formula_is_disarmed_in_a_csv(served: Served, tmp_path: Path) -> None:
    with open_desk(served.workspace, operator_scope()) as desk:
        con = desk.evaluator.con
        drill = desk.drill("tickets_created", desk.query(), "numerator").choosing(["ticket_id", "subject"])
        count = write_file(
            con, page_of(drill, None, 1, 0, Matching(words=("printer", "7"))), "csv", tmp_path / "rows.csv"
        )
    assert count == 2
    from pacesetter.reports.rows import _unarmed

    with open_desk(served.workspace, operator_scope()) as desk:
        query = "SELECT '=1+1' AS a, '-2' AS b, 'plain' AS c, 3 AS d"
        columns = _unarmed(desk.evaluator.con, query, ["a", "b", "c", "d"])
        assert desk.evaluator.con.execute(f"SELECT {', '.join(columns)} FROM ({query})").fetchall() == [
            ("'=1+1", "'-2", "plain", 3)
        ]


def test_bounds_of_the_value(as_role: AsRole) -> None:
    client = as_role("administrator")
    rows = "/kpis/resolution_time/rows?period=custom&from=2026-10-01&to=2026-10-31"
    whole = len(ids_on(client.get(rows).text))
    low, high = (len(ids_on(client.get(f"{rows}&{w}").text)) for w in ("below=7200", "least=7200"))
    assert low + high == whole > 0
    assert client.get(f"{rows}&least=much").status_code == 400 and client.get(f"{rows}&least=nan").status_code == 400


HOUR = 3600
BEGIN = 1_790_000_000


def stretch(**words: object) -> ClockStretch:
    usual = {
        "clock": "resolve", "cycle": 1, "version": 1, "hours": "business", "target_s": 4 * HOUR, "started_s": BEGIN, "valid_from_s": BEGIN,
        "superseded_s": None, "is_running": True, "consumed_s": 0, "running_s": 0, "paused_s": 0, "due_s": None, "due_reason": None,
        "stopped_s": None, "cancelled_s": None, "holder": "msp", "outcome": "running",
    }  # fmt: skip
    return ClockStretch(**{**usual, **words})  # type: ignore[arg-type]


@pytest.mark.parametrize(("words", "wanted"), [
    ({"stopped_s": BEGIN + HOUR}, [(0, 1, RUNNING)]),
    ({"is_running": False}, [(0, 10, PAUSED)]),
    ({"due_s": BEGIN + 4 * HOUR, "stopped_s": BEGIN + 6 * HOUR}, [(0, 4, RUNNING), (4, 6, LATE)]),
    ({"due_s": BEGIN + 4 * HOUR, "stopped_s": BEGIN + 4 * HOUR}, [(0, 4, RUNNING)]),
    ({"due_s": BEGIN - HOUR, "superseded_s": BEGIN + 2 * HOUR}, [(0, 2, LATE)]),
    ({"cancelled_s": BEGIN}, []),
])  # fmt: skip
def test_what_a_clock_did(words: dict[str, object], wanted: list[tuple[int, int, str]]) -> None:
    found = stretches_of(stretch(**words), BEGIN + 10 * HOUR)
    assert [((a - BEGIN) / HOUR, (b - BEGIN) / HOUR, kind) for a, b, kind in found] == wanted


def story(hours: int) -> Story:
    def held(start: int, end: int | None, phase: str, team: str | None) -> Holding:
        begin, stop = BEGIN + start * HOUR, None if end is None else BEGIN + end * HOUR
        return Holding(start_s=begin, end_s=stop, phase=phase, holder="msp tier 1", team=team, technician=None, priority="P1",
                       calendar_s=0, business_s=0)  # fmt: skip

    return Story(
        ticket_id="X", facts={}, as_of_s=BEGIN + 1000 * hours * HOUR, until_s=0,
        events=(TicketEvent(at_s=BEGIN, kind="created", actor_kind=None, actor=None, before=None, after=None, is_public=True),),
        holdings=(
            held(0, hours // 2, "active", "Desk"), held(hours // 2, hours, "waiting_requester", "Desk"),
            held(hours, None, "closed", "Desk"),
        ),
        clocks=(stretch(due_s=BEGIN + HOUR, stopped_s=BEGIN + hours * HOUR, outcome="breached"),), calendar=None,
        shut=((BEGIN + HOUR, BEGIN + 2 * HOUR), (BEGIN + 900 * hours * HOUR, BEGIN + 901 * hours * HOUR)),
    )  # fmt: skip


@pytest.mark.parametrize("hours", [2, 9, 48, 700, 20_000])
def test_the_drawing_of_a_tickets_time(hours: int) -> None:
    drawn = draw(story(hours), ZoneInfo("Europe/Berlin"), "de")
    assert drawn is not None and (drawn.begin_s, drawn.end_s) == (BEGIN, BEGIN + hours * HOUR), (
        "the wait for the closing is no part of it"
    )
    lanes = {lane.name: lane for lane in drawn.lanes}
    assert [s.kind for s in lanes["held"].stretches] == ["msp", "waiting"]
    assert sum(s.width for s in lanes["held"].stretches) == pytest.approx(100)
    assert [s.kind for s in lanes["resolve"].stretches] == [RUNNING, LATE]
    assert {m.kind for m in lanes["resolve"].marks} == {"due", "breached"}
    assert [s.start_s for s in drawn.shut] == [BEGIN + HOUR]
    every = [p for lane in drawn.lanes for p in (*lane.stretches, *lane.marks)] + list(drawn.ticks)
    assert all(0 <= p.left <= 100 for p in every)
    assert 1 <= len(drawn.ticks) <= MOST_TICKS + 1
    assert [t.left for t in drawn.ticks] == sorted(t.left for t in drawn.ticks)


def test_a_ticket_without_states_is_not_drawn() -> None:
    from dataclasses import replace

    assert draw(replace(story(2), holdings=()), ZoneInfo("UTC"), "en") is None


def test_the_page_of_a_ticket_has_the_drawing_and_its_tables(as_role: AsRole) -> None:
    page = as_role("administrator").get("/tickets/A-1").text
    assert 'class="lanes" role="img"' in page and "Who held it" in page and "<circle" in page
    assert page.count("style=") == 0, "the policy allows no inline style"


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, TestClient]]:
    """A workspace with rows that cannot be loaded and tickets that contradict themselves."""
    from tests.web.conftest import serve

    made = serve(tmp_path_factory.mktemp("poor"))
    bad = "".join(f"B-{i},nobody-knows,2026-10-01T08:00:00Z,incident,Lost {i}\n" for i in range(60))
    head = "ticket_id,client_id,created_at,type,subject"
    told = f"{head},resolved_at\nA-1,acme,2026-10-01T08:00:00Z,incident,Printer 1,2026-10-02T08:00:00Z\n"
    import_bundle(made.workspace, write_bundle(made.bundle.parent / "bad", {"tickets": f"{head}\n{bad}"}),
                  as_of=datetime(2026, 11, 1, 12, tzinfo=UTC))  # fmt: skip
    import_bundle(
        made.workspace,
        write_bundle(made.bundle.parent / "told", {"tickets": told}),
        as_of=datetime(2026, 11, 1, 12, tzinfo=UTC),
    )
    yield made, signed_in(made.app, PEOPLE["delivery_manager"][0])
    made.app.state.serving.desks.close()
    made.store.close()


def test_every_row_of_the_quarantine_can_be_seen_whole(poor: tuple[Served, TestClient]) -> None:
    client = poor[1]
    page = client.get("/data-quality").text
    links = [unescape(a) for a in re.findall(r'href="(/data-quality/quarantine[^"]+)"', page)]
    assert len(links) == 1 and ">60<" in page
    first = client.get(links[0]).text
    assert "60 rows wait" in first and first.count("<summary>") >= 50 and "nobody-knows" in first
    following = unescape(re.findall(r'href="([^"]+)" rel="next"', first)[0])
    last = client.get(following).text
    assert "51 to 60 of 60" in last and 'rel="next"' not in last
    told = re.findall(r"<dd>(Lost \d+)</dd>", first) + re.findall(r"<dd>(Lost \d+)</dd>", last)
    assert len(set(told)) == 60, "each row once, whole"


def test_tickets_that_disagree_are_listed_with_both_values(poor: tuple[Served, TestClient]) -> None:
    client = poor[1]
    page = client.get("/data-quality").text
    links = [unescape(a) for a in re.findall(r'href="(/data-quality/disagreements[^"]+)"', page)]
    assert links and "A-1" in "".join(client.get(a).text for a in links)


def test_the_state_of_the_data_is_not_for_everybody(as_role: AsRole) -> None:
    for role in ("client_manager", "account_manager", "technician"):
        for path in (
            "/data-quality",
            "/data-quality/quarantine?table=tickets&reason=x",
            "/data-quality/disagreements?kind=x",
        ):
            assert as_role(role).get(path).status_code == 403
    assert FILES, "the shared workspace has none of these rows"
    assert "No row waits here." in as_role("administrator").get("/data-quality/quarantine?table=tickets&reason=x").text


def test_the_page_says_how_the_rows_of_a_computation_give_its_number(as_role: AsRole) -> None:
    client = as_role("administrator")
    span = "period=custom&from=2026-10-01&to=2026-10-31"
    for kpi in (
        "training_gap",
        "speed_quality",
        "time_to_resolution_median_km",
        "repetitive_work_share",
        "customer_lifetime_value",
    ):
        told = registry.find(kpi).definition.recompute
        assert told is not None
        page = unescape(client.get(f"/kpis/{kpi}/rows?{span}").text)
        assert f'<summary>How these rows give the number</summary><p class="note">{told}.</p>' in page
        german = client.get(f"/kpis/{kpi}/rows?{span}", headers={"accept-language": "de"}).text
        assert "So ergeben diese Zeilen die Zahl" in german and told not in unescape(german)
        assert "How these rows give" not in client.get(f"/kpis/{kpi}/rows?{span}&part=excluded").text
        found = client.get(f"/api/v1/kpis/{kpi}/rows?from=2026-10-01&to=2026-11-01").json()
        assert (
            found["recompute"]
            == told
            == client.get(f"/api/v1/kpis/{kpi}").json()["definitions"]["default"]["recompute"]
        )
    assert "How these rows give" not in client.get(ROWS).text
