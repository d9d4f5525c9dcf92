"""The HTTP API against its own description (Schemathesis), and what records, names, queue and scorecards give."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web.conftest import Served

from pacesetter import clock
from pacesetter.access.people import person_named
from pacesetter.access.standing import standings
from pacesetter.access.tokens import new_token

AsRole = Callable[[str], TestClient]
EXAMPLES = 14
"""Generated requests per operation; enough that a broken operation is met, few enough for every run of the tests."""
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    with served.store.work() as work:
        (standing,) = standings(work, person_named(work, "admin"))
        return new_token(work, standing, "schemathesis", clock.now() + timedelta(days=1))


def operations(served: Served) -> Iterator[Any]:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", served.app)
    for result in schema.get_all_operations():
        yield result.ok()


def test_no_request_that_the_description_allows_makes_the_server_fail(served: Served, token: str) -> None:
    met, headers = 0, {"authorization": f"Bearer {token}"}
    for operation in operations(served):
        met += 1

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS, excluded_checks=[ignored_auth])

        ask()
    assert met >= 14, "the operations were not found"


def test_the_description_names_every_route_and_how_to_prove_oneself(served: Served) -> None:
    document = TestClient(served.app).get("/api/openapi.json").json()
    for path in ("kpis", "kpis/{kpi_id}/rows", "answers", "tickets", "tickets/{ticket_id}", "queue", "clients", "teams",
                 "technicians", "scorecards", "scorecards/{card_id}", "me", "status", "dimensions"):  # fmt: skip
        assert f"/api/v1/{path}" in document["paths"], path
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["security"] == [{"token": []}]


def test_tickets_page_by_page_are_all_tickets_once_and_sorted(as_role: AsRole) -> None:
    client, seen, offset = as_role("administrator"), [], 0
    while offset is not None:
        page = client.get(f"/api/v1/tickets?limit=9&sort=-ticket_id&offset={offset}").json()
        seen += [t["ticket_id"] for t in page["tickets"]]
        offset = page["next_offset"]
    assert len(seen) == page["total"] == 34 and seen == sorted(seen, reverse=True)
    own = as_role("client_manager").get("/api/v1/tickets?limit=1000").json()
    assert own["total"] == 20 and {t["client"] for t in own["tickets"]} == {"acme"}
    assert client.get("/api/v1/tickets?q=canary+holding").json()["total"] == 14
    assert client.get("/api/v1/tickets?from=2026-10-03&to=2026-10-04").json()["total"] == 2
    assert client.get("/api/v1/tickets?sort=nothing").status_code == 400
    assert client.get("/api/v1/tickets?limit=0").status_code == 400


def test_one_ticket_is_told_as_the_command_line_tells_it_and_only_within_reach(as_role: AsRole) -> None:
    told = as_role("delivery_manager").get("/api/v1/tickets/A-1").json()
    assert told["ticket_id"] == "A-1" and told["created_at"].startswith("2026-10-01T10:00")
    assert [e["kind"] for e in told["events"]][-1] == "resolved" and told["technician"] == "t-ann"
    own = as_role("client_manager").get("/api/v1/tickets/A-1").json()
    assert own["technician"] is None and "note" not in {e["kind"] for e in own["events"]}
    answers = [as_role("client_manager").get(f"/api/v1/tickets/{i}") for i in ("CANARY-1", "nothing")]
    assert {a.status_code for a in answers} == {404} and len({a.json()["detail"] for a in answers}) == 1


def test_names_queue_and_scorecards(as_role: AsRole) -> None:
    manager, client = as_role("delivery_manager"), as_role("client_manager")
    assert [c["id"] for c in manager.get("/api/v1/clients").json()] == ["acme", "canary-client"]
    assert client.get("/api/v1/clients").json() == [{"id": "acme", "name": "Acme Works"}]
    assert client.get("/api/v1/technicians").status_code == 403
    assert {t["id"] for t in manager.get("/api/v1/technicians").json()} == {"t-ann", "t-bob"}
    queue = manager.get("/api/v1/queue?show=all").json()
    assert queue["total"] == queue["counts"]["all"] and queue["next_offset"] is None
    assert client.get("/api/v1/queue?where=client=canary-client").status_code == 403
    assert manager.get("/api/v1/queue?show=nothing").status_code == 400
    cards = as_role("administrator").get("/api/v1/scorecards").json()
    assert cards and {"id", "parts", "question"} <= set(cards[0])
    scores = as_role("administrator").get(f"/api/v1/scorecards/{cards[0]['id']}").json()
    assert all({"value", "reason", "parts"} <= set(s) for s in scores)
    assert manager.get("/api/v1/scorecards/nothing").status_code == 404


@pytest.mark.parametrize(
    "path", ["kpis", "kpis/csat", "tickets", "tickets/A-1", "queue", "clients", "teams", "scorecards"]
)
def test_an_answer_is_not_sent_again_as_long_as_it_is_the_same(as_role: AsRole, path: str) -> None:
    client = as_role("delivery_manager")
    first = client.get(f"/api/v1/{path}")
    again = client.get(f"/api/v1/{path}", headers={"if-none-match": first.headers["etag"]})
    assert first.status_code == 200 and again.status_code == 304 and again.content == b""


def test_refusals_are_problem_documents(as_role: AsRole, served: Served) -> None:
    client = as_role("client_manager")
    for answer, status in (
        (client.get("/api/v1/kpis/nothing"), 404), (client.get("/api/v1/nothing"), 404), (client.get("/api/v1/tickets?from=x"), 400),
        (client.get("/api/v1/technicians"), 403), (client.post("/api/v1/kpis"), 405),
        (TestClient(served.app).get("/api/v1/tickets"), 401),
    ):  # fmt: skip
        assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "instance", "request_id"} == set(answer.json())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("wher=client=acme", "there is no parameter 'wher'; did you mean where?"),
        ("from=2026-10-01&from=2026-09-01", "from: this parameter is given once"),
    ],
)
def test_a_typing_error_asks_no_other_question(as_role: AsRole, words: str, said: str) -> None:
    answer = as_role("finance").get(f"/api/v1/kpis/tickets_created/answers?{words}")
    assert answer.status_code == 400 and said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("kpi", "words", "said"),
    [
        ("cost_per_ticket", "anchor=created",
         "anchor: cost_per_ticket cannot be asked by creation: its rows (support costs) are not of single tickets; choose of handled"),
        ("backlog", "by=hour", "the rows of this KPI have no dimension 'hour': they stand at the end of a period"),
        ("recurring_revenue_rate", "where=hour=0", "the rows of this KPI have no dimension 'hour': only their day is known"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_so_is_said_in_one_line(as_role: AsRole, kpi: str, words: str, said: str) -> None:
    answer = as_role("administrator").get(f"/api/v1/kpis/{kpi}/answers?{words}")
    assert (answer.status_code, answer.json()["detail"]) == (400, said)


@pytest.mark.parametrize("kpi", ["csat", "backlog", "technician_efficiency"])
def test_a_cohort_is_asked_over_http(as_role: AsRole, kpi: str) -> None:
    answer = as_role("administrator").get(f"/api/v1/kpis/{kpi}/answers?anchor=created")
    assert answer.status_code == 200 and {a["anchor"] for a in answer.json()} == {"created"}
