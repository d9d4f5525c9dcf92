"""A new generation while requests run, entity tags, nonsense in addresses, the commands."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.conftest import FILES, PEOPLE, Served, serve, signed_in, write_bundle
from typer.testing import CliRunner

from pacesetter.access.store import Store
from pacesetter.catalogue.evaluator import Evaluator
from pacesetter.cli.main import app as commands
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace
from pacesetter.web.app import create

AsRole = Callable[[str], TestClient]
COUNT = "/api/v1/kpis/tickets_created/answers?from=2026-10-01&to=2026-11-01"


def test_readers_go_over_to_a_new_generation_without_a_dropped_request(tmp_path: Path) -> None:
    made = serve(tmp_path)
    clients = [signed_in(made.app, PEOPLE[role][0]) for role in ("administrator", "finance", "delivery_manager")]
    seen: list[tuple[int, float]] = []
    stop = threading.Event()

    def ask(client: TestClient) -> None:
        while not stop.is_set():
            answer = client.get(COUNT, headers={"cache-control": "no-cache"})
            seen.append((answer.status_code, answer.json()[0]["value"] if answer.status_code == 200 else -1))

    threads = [threading.Thread(target=ask, args=(c,)) for c in clients]
    for thread in threads:
        thread.start()
    etag = clients[0].get(COUNT).headers["etag"]
    for more in (1, 2):
        rows = "".join(f"N-{more}-{i},acme,2026-10-05T08:00:00Z,incident,New\n" for i in range(5))
        header = "ticket_id,client_id,created_at,type,subject\n"
        bundle = write_bundle(tmp_path / f"more-{more}", {"tickets": header + rows})
        import_bundle(made.workspace, bundle, as_of=datetime(2026, 11, 1, 12, tzinfo=UTC))
        after = clients[0].get(COUNT)
        assert after.json()[0]["value"] == 34 + 5 * more, "the next request has the new generation"
        assert after.headers["etag"] != etag
        etag = after.headers["etag"]
    stop.set()
    for thread in threads:
        thread.join(timeout=30)
    assert len(seen) > 5 and {status for status, _ in seen} == {200}
    assert {value for _, value in seen} <= {34, 39, 44}
    made.app.state.serving.desks.close()
    made.store.close()


def test_after_a_fault_of_the_engine_the_next_request_has_the_database_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = serve(tmp_path)
    client = signed_in(made.app, PEOPLE["administrator"][0])
    assert client.get(COUNT).status_code == 200

    def fault(evaluator: Evaluator, *given: object) -> None:
        evaluator.con.execute("SET GLOBAL default_order = 'DESC'")  # a mark on the database that all connections share
        raise duckdb.InternalException("INTERNAL Error: canary")

    with monkeypatch.context() as broken:
        broken.setattr(Evaluator, "ask", fault)
        answer = client.get(COUNT.replace("tickets_created", "backlog"))
    assert answer.status_code == 500 and "canary" not in answer.text
    assert client.get(COUNT.replace("tickets_created", "backlog")).status_code == 200
    with made.workspace.reader() as con:
        assert con.execute("SELECT current_setting('default_order')").fetchall() == [("ASCENDING",)]
    made.app.state.serving.desks.close()
    made.store.close()


def test_an_unchanged_answer_is_not_sent_again(as_role: AsRole) -> None:
    finance = as_role("finance")
    first = finance.get(COUNT)
    assert finance.get(COUNT, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    other = as_role("client_manager").get(COUNT, headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200, "another reach is another answer"
    assert "Cookie" in first.headers["vary"]


def test_rows_page_by_page_are_all_rows_once(as_role: AsRole) -> None:
    client, seen, offset = as_role("administrator"), [], 0
    while offset is not None:
        page = client.get(f"/api/v1/kpis/tickets_created/rows?limit=7&sort=-priority&offset={offset}").json()
        seen += [row["ticket_id"] for row in page["rows"]]
        offset = page["next_offset"]
    assert len(seen) == len(set(seen)) == page["total"] == 34
    assert client.get("/api/v1/kpis/tickets_created/rows?sort=nothing").status_code == 400


def test_an_empty_workspace_says_so(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, Settings())
    client = TestClient(create(workspace, Store.open(workspace.root)))
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["reason"] == "nothing has been imported yet"
    assert str(tmp_path) not in answer.text


def test_a_generation_of_an_older_version_says_what_to_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = serve(tmp_path)
    client = signed_in(made.app, PEOPLE["administrator"][0])
    with made.workspace.next_generation() as generation:
        generation.con.execute("DROP TABLE f_clocks")
    for path in ("/queue", "/tickets/A-1", "/api/v1/queue", "/api/v1/tickets/A-1"):
        answer = client.get(path)
        assert answer.status_code == 503 and "derived anew" in answer.text, path
        assert "f_clocks" not in answer.text, path
    assert "f_clocks" in caplog.text, "the log has more"
    import_bundle(made.workspace, made.bundle, as_of=datetime(2026, 11, 1, 12, tzinfo=UTC))
    assert client.get("/queue").status_code == 200, "as the message says"
    made.app.state.serving.desks.close()
    made.store.close()


WORDS = st.sampled_from(["from", "to", "grain", "by", "where", "anchor", "hours", "variant", "as_of", "time_zone", "period", "sort",
                         "part", "limit", "offset", "format", "compare", "client", "kpi"])  # fmt: skip
SENSIBLE = st.sampled_from(["2026-10-01", "2026", "month", "client", "client=acme", "=", "x_extra", "hour", "all", "-1", "9" * 30, "csv",
                            "1e9", "0001-01-01", "9999-12-31", "created", "2026-10-25T02:30:00", "Europe/Berlin", "tier=x", "custom",
                            "technician", "age_band", "weekday,hour", "parquet", "excluded"])  # fmt: skip
VALUES = SENSIBLE | st.text(max_size=12)
PATHS = st.sampled_from(["/api/v1/kpis/{}/answers", "/api/v1/kpis/{}/rows", "/api/v1/answers", "/kpis/{}", "/kpis/{}/rows", "/clients",
                         "/kpis/{}/chart.json", "/parts/E", "/api/v1/kpis/{}"])  # fmt: skip
IDS = st.sampled_from(["resolution_time", "backlog", "csat", "tickets_created"]) | st.text(max_size=6).filter(
    lambda t: "/" not in t
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=PATHS, kpi=IDS, words=st.lists(st.tuples(WORDS, VALUES), max_size=5))
def test_no_address_makes_the_server_fail(as_role: AsRole, path: str, kpi: str, words: list[tuple[str, str]]) -> None:
    from urllib.parse import quote

    answer = as_role("delivery_manager").get(path.format(quote(kpi, safe="")), params=words)
    assert answer.status_code < 500, (answer.url, answer.text[-600:])


def test_openapi_tells_of_every_question(served: Served) -> None:
    document = TestClient(served.app).get("/api/openapi.json").json()
    assert {
        "/api/v1/kpis",
        "/api/v1/kpis/{kpi_id}",
        "/api/v1/kpis/{kpi_id}/answers",
        "/api/v1/kpis/{kpi_id}/rows",
    } <= set(document["paths"])
    names = {p["name"] for p in document["paths"]["/api/v1/kpis/{kpi_id}/answers"]["get"]["parameters"]}
    assert {"from", "to", "grain", "by", "where", "anchor", "hours", "variant", "as_of"} <= names


def test_user_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PACESETTER_STATE_URL", raising=False)
    workspace = Workspace.create(tmp_path / "ws", Settings())
    import_bundle(workspace, write_bundle(tmp_path / "bundle", FILES))
    run = lambda *words: CliRunner().invoke(commands, ["user", *words, "-w", str(workspace.root)])  # noqa: E731
    added = run("add", "it@acme.example", "--role", "client_manager", "--client", "acme", "--reason", "contract")
    assert added.exit_code == 0 and "/welcome/" in added.output
    assert "client_manager" in run("list").output and "acme" in run("list").output
    typo = run("add", "b@acme.example", "--role", "client_manager", "--client", "acmee")
    assert typo.exit_code == 2 and "did you mean acme?" in typo.output
    assert run("link", "it@acme.example").exit_code == 0
    assert run("grant", "it@acme.example", "--role", "finance").exit_code == 0
    assert run("revoke", "it@acme.example", "--role", "finance").exit_code == 0
    assert run("end-sessions", "it@acme.example").exit_code == 0
    assert "had none" in run("remove-second-factor", "it@acme.example").output
    assert run("disable", "it@acme.example").exit_code == 0
    assert run("enable", "it@acme.example").exit_code == 0
    assert run("link", "nobody@acme.example").exit_code == 2
