"""Settings: who may, what a form says, previews, versions, the log, and that nobody overwrites anybody."""

import html
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select
from tests.web.conftest import PASSWORD, PEOPLE, Served, form_token, serve, signed_in

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.people import Grants, add_person, choose_password
from pacesetter.access.tables import Edit, Entry
from pacesetter.warehouse.editing import apply_edit, canonical_rows
from pacesetter.web import settings_saving

PAGES = ("targets", "calendars", "holidays", "policies", "statuses", "mappings")
OFFICE = {
    "calendar_id": "office", "name": "Office", "time_zone": "Europe/Berlin", "hours": "mon-fri 08:00-18:00", "holidays": "DE-BE",
}  # fmt: skip
FORMS = ("targets/edit", "calendars/edit", "calendars/day?id=office", "policies/edit", "mappings/edit")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An application whose records may be changed, with a calendar, a policy, statuses and a target."""
    made = serve(tmp_path_factory.mktemp("settings"))
    apply_edit(
        made.workspace,
        {
            "calendars": [
                OFFICE
            ],
            "sla_policies": [{"sla_policy_id": "gold", "name": "Gold", "calendar_id": "office", "rank": "1"}],
            "sla_targets": [
                {"sla_policy_id": "gold", "clock": "respond", "target_minutes": "60", "hours": "business"},
                {"sla_policy_id": "gold", "clock": "resolve", "target_minutes": "480", "hours": "business"},
            ],
            "ticket_statuses": [{"status": "Open", "phase": "active"}],
            "targets": [{"kpi": "csat", "value": "80", "warn": "70"}],
        },
    )  # fmt: skip
    yield made
    made.app.state.serving.desks.close()
    made.store.close()


@pytest.fixture(scope="module")
def manager(desk: Served) -> TestClient:
    """A delivery manager, who may configure."""
    return signed_in(desk.app, PEOPLE["delivery_manager"][0])


def rows(desk: Served, table: str, **values: str) -> list[dict[str, str | None]]:
    with desk.workspace.reader() as con:
        return [r for r in canonical_rows(con, table) if all((r[k] or "") == v for k, v in values.items())]


def fields(page: str) -> list[tuple[str, str]]:
    """What a browser would post of the last form that can be previewed: the values as they stand."""
    found = [f for f in re.findall(r"<form method=\"post\".*?</form>", page, re.S) if 'value="preview"' in f]
    assert found, page[:3000]
    body, pairs = found[-1], []
    for tag in re.findall(r"<input[^>]*>|<select.*?</select>|<textarea.*?</textarea>", body, re.S):
        name = re.search(r'name="([^"]*)"', tag)
        if name is None or " disabled" in tag.split(">")[0]:
            continue
        if tag.startswith("<select"):
            options = re.findall(r'<option value="([^"]*)"( selected)?', tag)
            value = next((v for v, chosen in options if chosen), options[0][0] if options else "")
        elif tag.startswith("<textarea"):
            value = re.sub(r"^<textarea[^>]*>|</textarea>$", "", tag)
        elif (re.search(r'type="(radio|checkbox)"', tag) and " checked" not in tag) or 'type="file"' in tag:
            continue
        else:
            found_value = re.search(r'value="([^"]*)"', tag)
            value = found_value.group(1) if found_value else ""
        pairs.append((html.unescape(name.group(1)), html.unescape(value)))
    return pairs


def press(client: TestClient, path: str, page: str, button: str, /, **changed: str | list[str]) -> Response:
    """Press a button of the form on a page, some of its fields filled otherwise."""
    pairs = [(n, v) for n, v in fields(page) if n not in changed]
    for name, value in changed.items():
        pairs += [(name, v) for v in ([value] if isinstance(value, str) else value)]
    data: dict[str, list[str]] = {}
    for name, value in [*pairs, ("do", button)]:
        data.setdefault(name, []).append(value)
    return client.post(path.partition("?")[0], data=data, follow_redirects=False)


def saved(client: TestClient, path: str, /, **changed: str | list[str]) -> Response:
    """Open a form, preview it, save it."""
    looked = press(client, path, client.get(path).text, "preview", **changed)
    assert looked.status_code == 200 and 'value="save"' in looked.text, looked.text[-3000:]
    answer = press(client, path, looked.text, "save")
    assert answer.status_code == 303, answer.text[-3000:]
    return client.get(answer.headers["location"])


def test_only_those_who_may_configure_the_whole_workspace_open_the_settings(desk: Served) -> None:
    with desk.store.work() as work:
        _, link = add_person(
            work, "half@example.org", "Half", Grants(role="delivery_manager", teams=["desk"]), by="test"
        )
        choose_password(work, link, PASSWORD)
    refused = [PEOPLE[r][0] for r in ("finance", "account_manager", "technician", "client_manager", "client_viewer")]
    for email in (*refused, "half@example.org"):
        client = signed_in(desk.app, email)
        token = form_token(client.get("/dashboards").text)
        for path in ("", *(f"/{p}" for p in (*PAGES, *FORMS))):
            assert client.get(f"/settings{path}").status_code == 403, (email, path)
        for path in (
            "targets/edit",
            "calendars/edit",
            "calendars/day",
            "holidays",
            "policies/edit",
            "statuses",
            "mappings/edit",
        ):
            assert client.post(f"/settings/{path}", data={"token": token, "do": "save"}).status_code == 403, (
                email,
                path,
            )


@pytest.mark.parametrize("path", ["", *PAGES, *FORMS])
def test_every_page_opens_and_names_its_fields(path: str, manager: TestClient) -> None:
    page = manager.get(f"/settings/{path}".rstrip("/"))
    assert page.status_code == 200
    for tag in re.findall(r"<(?:input|select|textarea)[^>]*name=[^>]*>", page.text):
        told = re.search(r'id="([^"]+)"', tag)
        labelled = 'type="hidden"' in tag or "aria-label" in tag or (told and f'for="{told.group(1)}"' in page.text)
        assert labelled or re.search(r"<label[^>]*>[^<]*" + re.escape(tag), page.text), tag


@pytest.mark.parametrize("path", [*FORMS, "policies/edit?id=gold", "calendars/edit?id=office", "holidays", "statuses"])
@pytest.mark.parametrize("word", ["canary", "9" * 30, "\u0000\u202e<script>"])
def test_no_word_in_a_field_makes_a_fault(path: str, word: str, manager: TestClient) -> None:
    page = manager.get(f"/settings/{path}").text
    kept = ("token", "do", "calendar_id", "seen", "previewed")
    for button in ("save",):
        changed = {n: word for n, _ in fields(page) if n not in kept}
        answer = press(manager, f"/settings/{path}", page, button, **changed)
        assert answer.status_code in (200, 400, 404, 409), (answer.status_code, answer.text[-500:])
        assert "<script>\u202e" not in answer.text and "\u202e<script>" not in answer.text
    assert manager.post(f"/settings/{path.partition('?')[0]}", data={"token": form_token(page)}).status_code < 500


def test_a_form_without_its_token_changes_nothing(manager: TestClient) -> None:
    assert manager.post("/settings/statuses", data={"do": "save", "phase:Open": "closed"}).status_code == 403


def test_a_target_begins_on_a_day_and_the_log_has_both_sides(desk: Served, manager: TestClient) -> None:
    path = "/settings/targets/edit?kpi=csat"
    looked = press(manager, path, manager.get(path).text, "preview", value="90", warn="85", **{"from": "2026-10-01"})
    told = re.sub(r"<[^>]+>", " ", looked.text)
    assert looked.status_code == 200 and "What this does" in told and "100.0 %" in told
    assert rows(desk, "targets") == [
        {
            "kpi": "csat",
            "value": "80",
            "warn": "70",
            "client_id": None,
            "team_id": None,
            "valid_from": None,
            "valid_to": None,
        }
    ], "a preview writes nothing"
    answer = press(manager, path, looked.text, "save")
    assert answer.status_code == 303
    assert "Saved" in manager.get(answer.headers["location"]).text
    assert [(r["value"], r["valid_from"], r["valid_to"]) for r in rows(desk, "targets")] == [
        ("80", None, "2026-10-01"), ("90", "2026-10-01", None),
    ]  # fmt: skip
    with desk.store.work() as work:
        entry = next(e for e in audit.latest(work) if e.what == "target set")
    assert (entry.who, entry.about) == (PEOPLE["delivery_manager"][0], "csat")
    assert entry.before and entry.after
    assert [t["value"] for t in entry.before["targets"]] == ["80"]
    assert [t["value"] for t in entry.after["targets"]] == ["80", "90"]
    assert "target set" in manager.get("/settings").text


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"value": "90", "warn": "95"}, "warn", "the warning line lies below the target"),
        ({"value": "120"}, "value", "between 0 and 100"),
        ({"value": "a lot"}, "value", "this is no number"),
        ({"value": ""}, "value", "give the target"),
        ({"from": "31.10.2026"}, "from", "this is no day"),
        ({"from": ""}, "from", "from which day"),
        ({"kpi": "nonsense"}, "kpi", "choose a KPI"),
        ({"value": "90", "to": "2020-01-01"}, "to", "ends before it begins"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    manager: TestClient, changed: dict[str, str], field: str, message: str
) -> None:
    path = "/settings/targets/edit?kpi=csat"
    answer = press(manager, path, manager.get(path).text, "preview", **changed)
    assert answer.status_code == 400
    said = re.search(rf'id="e-{field}">([^<]*)<', answer.text)
    assert said and message in html.unescape(said.group(1)), re.findall(r'class="wrong"[^<]*<', answer.text)
    assert 'value="save"' not in answer.text


def test_who_saved_meanwhile_is_not_overwritten(desk: Served, manager: TestClient) -> None:
    path = "/settings/targets/edit?kpi=nps"
    looked = press(manager, path, manager.get(path).text, "preview", value="40", **{"from": "2026-10-01"})
    apply_edit(desk.workspace, {"targets": [{"kpi": "nps", "value": "10"}]})
    answer = press(manager, path, looked.text, "save")
    assert answer.status_code == 409 and "somebody else changed this" in answer.text
    assert [r["value"] for r in rows(desk, "targets", kpi="nps")] == ["10"]


def test_what_was_not_previewed_is_not_saved(desk: Served, manager: TestClient) -> None:
    path = "/settings/targets/edit?kpi=reopen_rate"
    looked = press(manager, path, manager.get(path).text, "preview", value="4", **{"from": "2026-10-01"})
    again = press(manager, path, looked.text, "save", value="9")
    assert again.status_code == 200 and "changed after its preview" in again.text
    assert rows(desk, "targets", kpi="reopen_rate") == []
    assert press(manager, path, again.text, "save").status_code == 303
    assert [r["value"] for r in rows(desk, "targets", kpi="reopen_rate")] == ["9"]


def test_a_calendar_changes_from_a_day_on(desk: Served, manager: TestClient) -> None:
    path = "/settings/calendars/edit?id=office"
    looked = press(manager, path, manager.get(path).text, "preview", fri="08:00-12:00", **{"from": "2026-10-19"})
    assert (
        looked.status_code == 200 and "Past days kept as they were" in looked.text and "had it held then" in looked.text
    )
    assert press(manager, path, looked.text, "save").status_code == 303
    assert rows(desk, "calendars")[0]["hours"] == "mon-thu 08:00-18:00; fri 08:00-12:00"
    kept = {r["day"]: r["hours"] for r in rows(desk, "calendar_exceptions")}
    assert kept["2026-10-16"] == "08:00-18:00" and "2026-10-23" not in kept
    bad = press(manager, path, manager.get(path).text, "preview", sat="9-12", time_zone="Berlin")
    assert bad.status_code == 400 and 'id="e-sat"' in bad.text and "two digits" in bad.text


def test_a_day_of_its_own_comes_and_goes(desk: Served, manager: TestClient) -> None:
    path = "/settings/calendars/day?id=office"
    saved(manager, path, day="2026-12-24", act="hours", hours="08:00-11:00", name="Christmas Eve")
    assert [(r["hours"], r["name"]) for r in rows(desk, "calendar_exceptions", day="2026-12-24")] == [
        ("08:00-11:00", "Christmas Eve")
    ]
    saved(manager, f"{path}&day=2026-12-24", act="usual")
    assert rows(desk, "calendar_exceptions", day="2026-12-24") == []


def test_a_holiday_is_switched_off_and_on(desk: Served, manager: TestClient) -> None:
    path = "/settings/holidays?calendar=office&year=2027"
    page = manager.get(path).text
    closed = [v for n, v in fields(page) if n == "closed"]
    assert "2027-01-01" in closed and "Women&#39;s Day" in page
    saved(manager, path, closed=[day for day in closed if day != "2027-03-08"])
    assert [(r["hours"], r["name"]) for r in rows(desk, "calendar_exceptions", day="2027-03-08")] == [
        ("08:00-18:00", "Women's Day: open")
    ]
    saved(manager, path, closed=closed)
    assert rows(desk, "calendar_exceptions", day="2027-03-08") == []


def test_a_policy_gets_a_new_version(desk: Served, manager: TestClient) -> None:
    path = "/settings/policies/edit?id=gold"
    looked = press(manager, path, manager.get(path).text, "preview", minutes_0="15", **{"from": "2026-10-10"})
    assert "respond: 60 min business" in looked.text and "respond: 15 min business" in looked.text
    assert "had it held then" in looked.text
    assert press(manager, path, looked.text, "save").status_code == 303
    found = {r["sla_policy_id"]: (r["valid_from"], r["valid_to"], r["name"]) for r in rows(desk, "sla_policies")}
    assert found == {"gold": (None, "2026-10-10", "Gold"), "gold@2026-10-10": ("2026-10-10", None, "Gold")}
    minutes = {(r["sla_policy_id"], r["clock"]): r["target_minutes"] for r in rows(desk, "sla_targets")}
    assert minutes["gold", "respond"] == "60" and minutes["gold@2026-10-10", "respond"] == "15"
    with desk.workspace.reader() as con:
        judged = con.execute(
            "SELECT DISTINCT sla_policy_id, created_s >= epoch(TIMESTAMP '2026-10-09 22:00:00') FROM f_tickets"
        ).fetchall()
    assert sorted(judged) == [("gold", False), ("gold@2026-10-10", True)]


def test_a_policy_refuses_what_promises_nothing(manager: TestClient) -> None:
    path = "/settings/policies/edit"
    answer = press(manager, path, manager.get(path).text, "preview", sla_policy_id="x", name="X")
    assert answer.status_code == 400 and "promises nothing" in answer.text
    answer = press(manager, path, manager.get(path).text, "preview", sla_policy_id="x", name="X", minutes_0="ten")
    assert answer.status_code == 400 and 'id="e-minutes_0"' in answer.text


def test_a_status_says_how_many_tickets_it_touches(desk: Served, manager: TestClient) -> None:
    path = "/settings/statuses"
    looked = press(manager, path, manager.get(path).text, "preview", new_status="Parked", new_phase="scheduled")
    assert looked.status_code == 200 and "0 tickets with 0 changes of status" in looked.text
    assert press(manager, path, looked.text, "save").status_code == 303
    assert {r["status"]: r["phase"] for r in rows(desk, "ticket_statuses")} == {"Open": "active", "Parked": "scheduled"}


MAPPING = """title = "Help desk"
[files.tickets]
match = "t.csv"
[[table]]
table = "tickets"
from = "tickets"
[table.columns]
ticket_id = "Number"
client_id = "Company"
created_at = { column = "Opened", dates = "%Y-%m-%d %H:%M", time_zone = "UTC" }
"""


def test_a_mapping_is_checked_by_line_tried_and_kept(desk: Served, manager: TestClient) -> None:
    path = "/settings/mappings/edit"
    wrong = press(
        manager, path, manager.get(path).text, "preview", name="help", text=MAPPING.replace("ticket_id", "ticket_no")
    )
    said = html.unescape(wrong.text)
    assert wrong.status_code == 400 and "help.toml, line 8:" in said and '8: ticket_no = "Number"' in said
    token = form_token(manager.get("/dashboards").text)
    data = {"token": token, "seen": settings_mark(), "new": "1", "name": "help", "text": MAPPING, "do": "preview"}
    sample = {
        "sample": ("t.csv", b"Number,Company,Opened\n1,acme,2026-01-02 10:00\n2,acme,2026-01-03 10:00\n", "text/csv")
    }
    tried = manager.post(path, data=data, files=sample)
    assert tried.status_code == 200 and "2 rows" in tried.text and "2026-01-02T10:00:00" in tried.text
    looked = press(manager, path, manager.get(path).text, "preview", name="help", text=MAPPING)
    assert press(manager, path, looked.text, "save").status_code == 303
    assert (desk.workspace.root / "mappings" / "help.toml").read_text() == MAPPING
    with desk.store.work() as work:
        entry = next(e for e in audit.latest(work) if e.what == "mapping added")
    assert entry.after == {"text": MAPPING}
    assert manager.get("/settings/mappings/edit?name=..%2F..%2Fpacesetter").status_code == 404


def settings_mark() -> str:
    from pacesetter.web.settings_mappings import _mark

    return _mark(None)


def test_a_long_change_tells_how_far_it_is(desk: Served, manager: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_saving, "PATIENCE_S", 0.0)
    path = "/settings/targets/edit?kpi=sla_compliance"
    looked = press(manager, path, manager.get(path).text, "preview", value="95", **{"from": "2026-10-01"})
    answer = press(manager, path, looked.text, "save")
    place = answer.headers["location"]
    assert place.startswith("/settings/changes/"), place
    for _ in range(100):
        state = manager.get(f"{place}/state", headers={"hx-request": "true"})
        if "hx-redirect" in state.headers:
            break
        time.sleep(0.05)
    assert state.headers["hx-redirect"].startswith("/settings/targets?done=")
    assert [r["value"] for r in rows(desk, "targets", kpi="sla_compliance")] == ["95"]


def test_a_change_whose_program_was_stopped_is_settled(desk: Served, manager: TestClient) -> None:
    long_ago = clock.now() - timedelta(hours=1)
    apply_edit(desk.workspace, {"targets": [{"kpi": "backlog", "value": "5"}]}, mark="901")
    with desk.store.work() as work:
        for number in (901, 902):
            work.add(
                Edit(id=number, person_id=1, who="admin", what="target set", about=f"backlog {number}", before={}, after={},
                     back="/settings/targets", step="building facts", started_at=long_ago, seen_at=long_ago)
            )  # fmt: skip
    lost = manager.get("/settings/changes/902").text
    assert "the program was stopped meanwhile, and nothing was changed" in lost
    with desk.store.work() as work:
        assert {e.id: e.outcome for e in work.scalars(select(Edit).where(Edit.id > 900))} == {901: "done", 902: "lost"}
        assert [e.about for e in work.scalars(select(Entry).where(Entry.about.like("backlog 9%")))] == ["backlog 901"]


def test_targets_of_money_are_not_for_those_without_it(desk: Served, manager: TestClient) -> None:
    apply_edit(desk.workspace, {"targets": [{"kpi": "cost_per_ticket", "value": "31.41"}]})
    administrator = signed_in(desk.app, PEOPLE["administrator"][0])
    saved(administrator, "/settings/targets/edit?kpi=cost_per_ticket", value="27.18", **{"from": "2026-10-01"})
    for path in ("", "/targets", "/targets/edit?kpi=cost_per_ticket"):
        assert "27.18" in (told := administrator.get(f"/settings{path}").text) or "31.41" in told, path
        assert not re.search(
            r"27\.18|31\.41|cost_per_ticket for|Cost per ticket", manager.get(f"/settings{path}").text
        ), path
    page = manager.get("/settings/targets/edit?kpi=csat").text
    refused = press(manager, "/settings/targets/edit", page, "preview", kpi="cost_per_ticket", value="1")
    assert refused.status_code == 400 and "choose a KPI" in refused.text


def test_a_refused_change_leaves_no_entry(desk: Served, manager: TestClient, tmp_path: Path) -> None:
    with desk.workspace.generations.writing():
        path = "/settings/targets/edit?kpi=csat_response_rate"
        looked = press(manager, path, manager.get(path).text, "preview", value="30", **{"from": "2026-10-01"})
        answer = press(manager, path, looked.text, "save")
    assert answer.status_code == 409 and "try again in a moment" in answer.text
    assert press(manager, path, answer.text, "preview").status_code == 200, "what was filled in is still there"
    with desk.store.work() as work:
        assert not [e for e in audit.latest(work, 500) if e.about == "csat_response_rate"]
