"""The queue: who stands where, by hand; filters, paging, the piece that asks again, what is said where nothing is there."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import FILES, PEOPLE, Served, serve, signed_in

from pacesetter.access.scope import client_scope, operator_scope, scope_of
from pacesetter.catalogue.desk import open_desk
from pacesetter.insight.at_risk import at_risk
from pacesetter.insight.queue import QueueQuery, read_queue
from pacesetter.web import queue as queue_page

# as of 12:00Z; acme is promised a response within 60 and a resolution within 240 minutes, around the clock
OPEN = (
    # id, client, created, priority, team, technician
    ("O-late-reply", "acme", "2026-11-01T11:30:00Z", "P2", "desk", "t-ann"),  # 30 minutes to respond
    ("O-new", "acme", "2026-11-01T11:50:00Z", "P1", "desk", ""),  # 50 minutes to respond
    ("O-replied", "acme", "2026-11-01T09:00:00Z", "P3", "systems", "t-bob"),  # responded; 60 minutes to resolve
    ("O-broken", "acme", "2026-10-30T08:00:00Z", "P2", "desk", "t-ann"),  # both promises broken long ago
    ("O-waiting", "acme", "2026-11-01T10:00:00Z", "P3", "desk", "t-ann"),  # responded; waits for the requester
    ("CANARY-open", "canary-client", "2026-11-01T11:55:00Z", "canary-prio", "systems", "t-bob"),  # nothing promised
)
IN_ORDER = ["O-late-reply", "O-new", "O-replied", "O-broken", "O-waiting"]


def queue_files() -> dict[str, str]:
    tickets = FILES["tickets"] + "".join(
        f"{i},{client},{at},incident,{'Canary subject' if client != 'acme' else 'Subject of ' + i},email,requester,{prio},hardware,"
        f"{'c-1' if client == 'acme' else 'canary-contact'},{team},{who},plain\n"
        for i, client, at, prio, team, who in OPEN
    )
    events = FILES["ticket_events"] + (
        "q1,O-replied,2026-11-01T09:10:00Z,reply,technician,t-bob,,,true,email\n"
        "q2,O-waiting,2026-11-01T10:05:00Z,reply,technician,t-ann,,,true,email\n"
        "q3,O-waiting,2026-11-01T10:06:00Z,status,technician,t-ann,,Pending,,\n"
    )
    return FILES | {
        "tickets": tickets,
        "ticket_events": events,
        "ticket_statuses": "status,phase\nPending,waiting_requester\n",
        "calendars": "calendar_id,name,time_zone,hours\nalways,Always,UTC,24x7\n",
        "sla_policies": "sla_policy_id,name,calendar_id,client_id\np,Acme,always,acme\n",
        "sla_targets": "sla_policy_id,clock,target_minutes,hours\np,respond,60,business\np,resolve,240,business\n",
    }


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = serve(tmp_path_factory.mktemp("queued"), queue_files())
    yield made
    made.app.state.serving.desks.close()
    made.store.close()


@pytest.fixture(scope="module")
def lead(queued: Served) -> TestClient:
    return signed_in(queued.app, PEOPLE["delivery_manager"][0])


def ids(page: str) -> list[str]:
    return re.findall(r'id="q-([^"]+)"', page)


def test_tickets_stand_in_the_order_of_what_is_left(queued: Served) -> None:
    with open_desk(queued.workspace, operator_scope()) as desk:
        query = QueueQuery(as_of_s=desk.as_of_s, within_s=45 * 60, where={})
        found = read_queue(desk.evaluator.con, desk.scope, query, limit=50)
        rows, counts = found.rows, found.counts
        clocks = at_risk(desk.evaluator.con, desk.scope, as_of_s=desk.as_of_s, within_s=45 * 60)
        backlog, at_risk_now = (desk.ask([kpi], desk.query())[0] for kpi in ("backlog", "sla_at_risk"))
    assert [r.ticket_id for r in rows] == [*IN_ORDER, "CANARY-open"]
    told = {r.ticket_id: (r.clock, r.left_s, r.standing, r.broken) for r in rows}
    assert told["O-late-reply"] == ("respond", 1800, "risk", 0)
    assert told["O-new"] == ("respond", 3000, "running", 0)
    assert told["O-replied"] == ("resolve", 3600, "running", 0)
    over = 52 * 3600 - 4 * 3600  # 52 hours old, 4 were promised
    assert told["O-broken"] == ("resolve", -over, "breached", 2)
    assert told["O-waiting"][2:] == ("paused", 0) and told["CANARY-open"] == (None, None, "free", 0)
    assert counts.parts == {"all": 6, "risk": 1, "breached": 1, "unassigned": 1, "paused": 1, "free": 1}
    assert counts.total == backlog.value == 6
    assert at_risk_now.value == 3, "within eight hours, though due before the day of the as-of instant is over"
    assert counts.oldest == ("O-broken", 1793347200)
    assert {r.ticket_id for r in clocks.risks} == {"O-late-reply"} and clocks.broken == 2


def test_the_queue_and_the_clocks_at_risk_keep_to_teams_and_people_of_a_scope(queued: Served) -> None:
    with open_desk(queued.workspace, operator_scope()) as desk:
        con, as_of = desk.evaluator.con, desk.as_of_s
    for scope, wanted in (
        (client_scope("c", frozenset({"acme"})), set(IN_ORDER)),
        (scope_of("t", frozenset(), technicians=frozenset({"t-bob"})), {"O-replied", "CANARY-open"}),
        (scope_of("d", frozenset(), teams=frozenset({"systems"})), {"O-replied", "CANARY-open"}),
        (scope_of("n", frozenset(), clients=frozenset(), teams=frozenset({"desk"})), set()),
    ):
        with open_desk(queued.workspace, scope) as desk:
            con, query = desk.evaluator.con, QueueQuery(as_of_s=as_of, within_s=86_400, where={})
            assert {r.ticket_id for r in read_queue(con, scope, query, limit=50).rows} == wanted
            assert {r.ticket_id for r in at_risk(con, scope, as_of_s=as_of, within_s=86_400).risks} <= wanted


def test_the_page_shows_words_bars_and_signs(lead: TestClient) -> None:
    page = lead.get("/queue").text
    assert ids(page) == [*IN_ORDER, "CANARY-open"]
    assert "30 m left" in page and "over by" in page and "paused" in page and "nothing promised" in page
    assert page.count('class="used"') == 4, "a bar for each that runs or is over"
    for sign in ("!", "✗", "‖", "○"):
        assert f'<span class="sign" aria-hidden="true">{sign}</span>' in page
    assert 'href="/tickets/O-new"' in page and 'role="status"' in page and "every 20s" in page
    assert len(re.findall(r' id="([^"]+)"', page)) == len(set(re.findall(r' id="([^"]+)"', page))), (
        "focus needs ids of its own"
    )


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("show=risk", ["O-late-reply", "O-new", "O-replied"]), ("show=breached", ["O-broken"]), ("show=unassigned", ["O-new"]),
        ("show=paused", ["O-waiting"]), ("show=free", ["CANARY-open"]), ("sort=age&client=acme",
         ["O-broken", "O-replied", "O-waiting", "O-late-reply", "O-new"]),
        ("team=systems", ["O-replied", "CANARY-open"]), ("technician=t-bob&client=acme", ["O-replied"]), ("priority=P1", ["O-new"]),
        ("where=team=desk&show=unassigned", ["O-new"]), ("where=policy=p&show=breached", ["O-broken"]),
        ("where=tier=2", ["O-replied", "CANARY-open"]), ("team=nobody", []),
    ],
)  # fmt: skip
def test_parts_and_filters_stand_in_the_address(lead: TestClient, words: str, wanted: list[str]) -> None:
    page = lead.get(f"/queue?{words}")
    assert page.status_code == 200 and ids(page.text) == wanted


@pytest.mark.parametrize(
    "words", ["show=nothing", "sort=nothing", "where=x_extra=plain", "where=clock=respond", "offset=-1"]
)
def test_words_that_mean_nothing_are_refused(lead: TestClient, words: str) -> None:
    assert lead.get(f"/queue?{words}").status_code == 400


def test_pages_of_the_queue_are_the_queue_once(lead: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_page, "ROWS", 4)
    first = lead.get("/queue").text
    address = re.search(r'id="page-after" href="([^"]+)"', first)
    assert address and ids(first) == IN_ORDER[:4]
    second = lead.get(address.group(1).replace("&amp;", "&")).text
    assert ids(second) == ["O-waiting", "CANARY-open"] and "5 to 6 of 6" in second
    assert 'id="page-before"' in second and 'id="page-after"' not in second


def test_the_list_is_sent_again_only_where_it_has_changed(lead: TestClient, queued: Served) -> None:
    asked = re.search(r'hx-get="(/queue/rows[^"]+)"', lead.get("/queue?show=risk&client=acme").text)
    assert asked
    address = asked.group(1).replace("&amp;", "&")
    assert lead.get(address).status_code == 204
    stale = lead.get(re.sub("seen=[0-9a-f]+", "seen=0", address))
    assert stale.status_code == 200 and ids(stale.text) == ["O-late-reply", "O-new", "O-replied"]
    assert 'id="queue-said" hx-swap-oob="innerHTML"' in stale.text and "5 open, 3 at risk" in stale.text
    other = signed_in(queued.app, PEOPLE["client_manager"][0])
    assert other.get(address).status_code == 200, "the mark of one reach is not that of another"


def test_a_client_reads_its_own_queue_without_names(queued: Served) -> None:
    page = signed_in(queued.app, PEOPLE["client_viewer"][0]).get("/queue").text
    assert ids(page) == IN_ORDER and "Whisperly" not in page and 'name="technician"' not in page
    assert signed_in(queued.app, PEOPLE["client_viewer"][0]).get("/queue?technician=t-ann").status_code == 403
    own = signed_in(queued.app, PEOPLE["technician"][0]).get("/queue").text
    assert set(ids(own)) == {"O-late-reply", "O-broken", "O-waiting"}, "a technician's own tickets"


def test_what_is_empty_says_so(lead: TestClient, as_role: object) -> None:
    assert "Nothing" not in lead.get("/queue?client=acme&priority=P1&show=breached").text
    assert "No promise is broken" in lead.get("/queue?client=acme&priority=P1&show=breached").text
    assert "Every open ticket has somebody" in lead.get("/queue?technician=t-ann&show=unassigned").text
    assert "No SLA policy applies to these tickets" in lead.get("/queue?client=canary-client").text
    assert "No SLA policy applies" not in lead.get("/queue").text
    assert "No ticket is open" in as_role("delivery_manager").get("/queue").text  # type: ignore[operator]


def test_the_piece_of_the_overview_and_the_wallboard_count_the_same(lead: TestClient) -> None:
    for address in ("/pieces/queue", "/wallboard/panels/queue"):
        figures = re.findall(r"<b>([\d,]+)</b>", lead.get(address).text)
        assert figures[:4] == ["1", "3", "1", "6"], address
    wall = lead.get("/wallboard/panels/next?client=acme").text
    assert [m in wall for m in ("30 m left", "50 m left", "Subject of O-replied")] == [True, True, True]
    assert "No SLA policy applies" in lead.get("/wallboard/panels/queue?client=canary-client").text
