"""Dashboards of one's own: made, arranged, saved, shared, copied, as a file; recipients see them through their own scope only."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from tests.web.conftest import Served, form_token
from tests.web.test_web_leaks import CANARY

from pacesetter.access import audit
from pacesetter.catalogue.registry import catalogue
from pacesetter.errors import BadDefinition
from pacesetter.reports.dashboards import Dashboard, Panel, file_text, periods, read_file

AsRole = Callable[[str], TestClient]
FILE = """title = "Monday \\"morning\\""
period = "last-month"
compare = "before"

[[panel]]
kpi = "tickets_created"
chart = "tile"
width = 1

[[panel]]
kpi = "resolution_time"
chart = "bars"
title = "By client"
by = "client"
width = 2
limit = 5

[[panel]]
kpi = "resolution_time"
chart = "series"
grain = "week"
width = 4
where = ["client=canary-client"]
"""


def token_of(client: TestClient) -> str:
    return form_token(client.get("/dashboards").text)


def post(client: TestClient, path: str, **fields: str) -> Response:
    return client.post(path, data={"token": token_of(client), **fields}, follow_redirects=False)


def imported(client: TestClient, text: str = FILE) -> int:
    answer = post(client, "/dashboards/import", text=text)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


def pieces(page: str) -> list[str]:
    """The addresses of the panels on a page."""
    return [a.replace("&amp;", "&") for a in re.findall(r'hx-get="(/dashboards/panel[^"]+)"', page)]


PANELS = {
    "title": "Mine", "period": "last-month", "compare": "before",
    "kpi_0": "csat", "chart_0": "tile", "width_0": "1", "kpi_1": "backlog", "chart_1": "series", "width_1": "2",
    "kpi_2": "tickets_created", "chart_2": "bars", "by_2": "priority", "width_2": "4",
}  # fmt: skip


@pytest.mark.parametrize(
    ("button", "order", "widths", "focus"),
    [
        ("down:0", ["backlog", "csat", "tickets_created"], ["2", "1", "4"], "down:1"),
        ("up:2", ["csat", "tickets_created", "backlog"], ["1", "4", "2"], "up:1"),
        ("up:0", ["csat", "backlog", "tickets_created"], ["1", "2", "4"], "up:0"),
        ("wider:1", ["csat", "backlog", "tickets_created"], ["1", "3", "4"], "wider:1"),
        ("wider:2", ["csat", "backlog", "tickets_created"], ["1", "2", "4"], "wider:2"),
        ("narrower:0", ["csat", "backlog", "tickets_created"], ["1", "2", "4"], "narrower:0"),
        ("remove:1", ["csat", "tickets_created"], ["1", "4"], "remove:1"),
        ("up:99", ["csat", "backlog", "tickets_created"], ["1", "2", "4"], ""),
    ],
)
def test_panels_are_arranged_by_buttons_and_the_focus_stays(
    as_role: AsRole, button: str, order: list[str], widths: list[str], focus: str
) -> None:
    page = post(as_role("finance"), "/dashboards/new", **PANELS, do=button).text
    assert (
        re.findall(r'<option value="(\w+)" selected>', " ".join(re.findall(r'name="kpi_\d".*?</select>', page, re.S)))
        == order
    )
    assert re.findall(r'name="width_\d+" value="(\d)"', page) == widths
    assert re.findall(r'value="([a-z]+:\d)"[^>]* autofocus', page) == ([focus] if focus else [])


def test_a_dashboard_is_made_looked_at_and_saved(as_role: AsRole, served: Served) -> None:
    client = as_role("finance")
    fresh = client.get("/dashboards/new")
    assert fresh.status_code == 200 and len(pieces(fresh.text)) >= 3
    answer = post(client, "/dashboards/new", **PANELS, do="save")
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    assert page.status_code == 200 and [re.search(r"kpi=(\w+)", p) for p in pieces(page.text)]
    kinds = [client.get(p).text for p in pieces(page.text)]
    assert "100.0 %" in kinds[0] and "data-chart" in kinds[1] and "P3" in kinds[2]
    with served.store.work() as work:
        assert any(e.what == "dashboard added" and (e.about or "").endswith("Mine") for e in audit.latest(work))


def test_a_dashboard_opens_with_its_own_period_unless_asked(as_role: AsRole) -> None:
    client = as_role("finance")
    number = imported(client, 'title = "Year"\nperiod = "this-year"\n[[panel]]\nkpi = "csat"\n')
    assert "period=this-year" in pieces(client.get(f"/dashboards/{number}").text)[0]
    asked = pieces(client.get(f"/dashboards/{number}?period=last-quarter&client=acme").text)[0]
    assert "period=last-quarter" in asked and "where=client%3Dacme" in asked


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"title": ""}, "it is empty"),
        ({"kpi_0": ""}, "choose a KPI"),
        ({"kpi_0": "nonsense"}, "choose a KPI"),
        ({"chart_0": "bars"}, "needs &#39;by&#39;"),
        ({"where_0": "priority"}, "is no condition"),
        ({"limit_0": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(as_role: AsRole, changed: dict[str, str], message: str) -> None:
    client = as_role("finance")
    before = client.get("/dashboards").text.count('class="card"')
    answer = post(client, "/dashboards/new", **{**PANELS, **changed}, do="save")
    assert answer.status_code == 400 and message in answer.text
    assert client.get("/dashboards").text.count('class="card"') == before


def test_two_windows_do_not_overwrite_each_other(as_role: AsRole) -> None:
    client = as_role("finance")
    number = imported(client)
    version = re.search(r'name="version" value="(\d+)"', client.get(f"/dashboards/{number}/edit").text)
    assert version
    first = post(client, f"/dashboards/{number}/edit", **PANELS, version=version.group(1), do="save")
    assert first.status_code == 303
    second = post(
        client, f"/dashboards/{number}/edit", **{**PANELS, "title": "Second"}, version=version.group(1), do="save"
    )
    assert second.status_code == 400 and "saved meanwhile" in second.text and "Second" in second.text
    assert "Second" not in client.get(f"/dashboards/{number}").text


def test_a_deleted_one_comes_back(as_role: AsRole) -> None:
    client = as_role("finance")
    number = imported(client, 'title = "Gone soon"\n[[panel]]\nkpi = "csat"\n')
    answer = post(client, f"/dashboards/{number}/delete")
    assert client.get(f"/dashboards/{number}").status_code == 404
    page = client.get(answer.headers["location"]).text
    assert "Gone soon was deleted" in page and f'action="/dashboards/{number}/restore"' in page
    assert post(as_role("administrator"), f"/dashboards/{number}/restore").status_code == 403
    assert post(client, f"/dashboards/{number}/restore").status_code == 303
    assert "Gone soon" in client.get(f"/dashboards/{number}").text


def test_nobody_else_sees_or_changes_what_is_not_shared(as_role: AsRole) -> None:
    number = imported(as_role("administrator"))
    for role in ("delivery_manager", "client_viewer", "across client_manager"):
        client = as_role(role)
        for path in ("", "/edit", "/file"):
            assert client.get(f"/dashboards/{number}{path}").status_code == 404
        for path in ("edit", "copy", "delete", "restore", "share"):
            answer = post(
                client, f"/dashboards/{number}/{path}", **{"with": "role:client_viewer"}, do="save", title="x"
            )
            assert answer.status_code in (403, 404), path


def test_who_it_is_shared_with_sees_it_through_their_own_scope(as_role: AsRole) -> None:
    author, reader = as_role("administrator"), as_role("client_manager")
    number = imported(author)
    assert post(author, f"/dashboards/{number}/share", **{"with": "role:client_manager"}).status_code == 303
    page = reader.get(f"/dashboards/{number}")
    assert page.status_code == 200 and not CANARY.search(page.text), (
        "the panel about the other client is not even named"
    )
    assert page.text.count("not within what you may see") == 1
    drawn = [reader.get(p).text for p in pieces(page.text)]
    assert len(drawn) == 2 and "Acme Works" in drawn[1] and not CANARY.search(" ".join(drawn))
    whole = [author.get(p).text for p in pieces(author.get(f"/dashboards/{number}").text)]
    assert len(whole) == 3 and "Canary Holding" in whole[1]
    assert f"/dashboards/{number}/edit" not in page.text and reader.get(f"/dashboards/{number}/file").status_code == 404
    copy = post(reader, f"/dashboards/{number}/copy")
    copied = copy.headers["location"].split("/")[2]
    assert not CANARY.search(reader.get(f"/dashboards/{copied}/file").text), "a copy holds what its maker may see"
    other = as_role("across client_manager")
    assert other.get(f"/dashboards/{number}").text.count("not within what you may see") == 0, (
        "it is about their own client"
    )
    end = re.search(r'name="end" value="(\d+)"', author.get(f"/dashboards/{number}").text)
    assert end and post(author, f"/dashboards/{number}/share", end=end.group(1)).status_code == 303
    assert reader.get(f"/dashboards/{number}").status_code == 404


def test_sharing_with_a_client_reaches_its_people_only(as_role: AsRole) -> None:
    author = as_role("delivery_manager")
    plain = imported(author, 'title = "For Acme"\n[[panel]]\nkpi = "csat"\n')
    assert post(author, f"/dashboards/{plain}/share", **{"with": "client:acme"}).status_code == 303
    assert as_role("client_viewer").get(f"/dashboards/{plain}").status_code == 200
    assert as_role("account_manager").get(f"/dashboards/{plain}").status_code == 200
    for role in ("across client_manager", "finance", "technician"):
        assert as_role(role).get(f"/dashboards/{plain}").status_code == 404, role
    named = imported(author)
    refused = post(author, f"/dashboards/{named}/share", **{"with": "client:acme"})
    assert refused.status_code == 400 and "panel 3 is about another client" in refused.text


def test_somebody_of_a_client_shares_with_that_client_only(as_role: AsRole) -> None:
    client = as_role("client_manager")
    number = imported(client, 'title = "Ours"\n[[panel]]\nkpi = "csat"\n')
    for wrong in ("role:client_viewer", "client:canary-client", "client:nobody", "", "role:king"):
        assert post(client, f"/dashboards/{number}/share", **{"with": wrong}).status_code == 400, wrong
    assert post(client, f"/dashboards/{number}/share", **{"with": "client:acme"}).status_code == 303
    assert as_role("client_viewer").get(f"/dashboards/{number}").status_code == 200


@pytest.mark.parametrize("role", ["client_viewer", "technician", "finance", "account_manager"])
@pytest.mark.parametrize(
    "words",
    [
        "kpi=recurring_revenue", "kpi=technician_efficiency", "kpi=resolution_time&chart=bars&by=technician",
        "kpi=resolution_time&chart=table&by=x_extra", "kpi=resolution_time&where=client=canary-client",
        "kpi=resolution_time&where=team=canary-it", "kpi=resolution_time&where=technician=t-bob", "kpi=nonsense", "",
        "kpi=csat&chart=bars", "kpi=csat&chart=pie", "kpi=csat&width=9&limit=999", "kpi=csat&chart=bars&by=tier",
    ],
)  # fmt: skip
def test_a_panel_never_fails_and_never_tells(as_role: AsRole, role: str, words: str) -> None:
    answer = as_role(role).get(f"/dashboards/panel?{words}")
    assert answer.status_code == 200 and "<h1" not in answer.text
    told = re.sub(r"where=[^\"&]*|t-bob|canary-it|canary-client", "", answer.text)
    if role != "finance":
        assert not CANARY.search(told)
    if role in ("client_viewer", "account_manager"):
        assert "hushington" not in answer.text.lower() and "whisperly" not in answer.text.lower()


def test_the_file_of_the_docs_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "build-a-dashboard.md").read_text("utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.S)
    assert file_text(read_file(text, catalogue().keys())) == text
    for period in periods():
        assert f"`{period}`" in page, period
    for key in (*Dashboard.model_fields, *(f"panel.{n}" for n in Panel.model_fields)):
        assert f"`{key}`" in page, key


def test_a_file_reads_to_the_same() -> None:
    known = catalogue().keys()
    board = read_file(FILE, known)
    assert file_text(board) == FILE
    odd = Dashboard(title='"\\ \u00e4\n\U0001f4c8', period="last-week", compare="year", panel=(
        Panel(kpi="csat", chart="table", by="client", title="a = [1]\t#", variant="x", where=('subcategory=a"b',), limit=50, width=3),
    ))  # fmt: skip
    assert read_file(file_text(odd), known) == odd


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "not valid TOML"),
        ("[[panel]]\nkpi = 'csat'", "'title' is missing"),
        ("title = 'x'\n[[panel]]\nkpi = 'csatt'", "panel 1: kpi: there is no KPI 'csatt'; did you mean 'csat'?"),
        (
            "title = 'x'\n[[panel]]\nkpi = 'csat'\n[[panel]]\nkpi = 'nps'\nchart = 'pie'",
            "panel 2: chart: pie is not known",
        ),
        ("title = 'x'\n[[panel]]\nkpi = 'csat'\ncolor = 'red'", "unknown key 'color'"),
        ("title = 'x'\n[[panels]]\nkpi = 'csat'", "unknown key 'panels'; did you mean 'panel'?"),
        ("title = 'x'\n[[panel]]\nkpi = 'csat'\nchart = 'bars'", "needs 'by'"),
        (
            "title = 'x'\n[[panel]]\nkpi = 'csat'\nby = 'clients'",
            "there is no dimension 'clients'; did you mean 'client'?",
        ),
        ("title = 'x'\nperiod = 'last-moon'", "there is no period 'last-moon'; did you mean 'last-month'?"),
        ("title = 'x'\n[[panel]]\nkpi = 'csat'\nwidth = 7", "panel 1: width: it has to be less than or equal to 4"),
        ("title = 'x'\n[[panel]]\nkpi = 'csat'\nwhere = ['P1']", "'p1' is no condition"),
        ("title = 'x'\n" + "[[panel]]\nkpi = 'csat'\n" * 25, "at most 24"),
    ],
)
def test_a_file_that_is_wrong_is_told_where_and_what(text: str, message: str) -> None:
    with pytest.raises(BadDefinition) as refused:
        read_file(text, catalogue().keys(), "mine.toml")
    assert message.lower() in refused.value.line().lower() and refused.value.line().startswith("mine.toml")


def test_a_wrong_file_keeps_what_was_pasted(as_role: AsRole) -> None:
    answer = post(as_role("finance"), "/dashboards/import", text="title = 'x'\n[[panel]]\nkpi = 'csatt'")
    assert answer.status_code == 400 and "did you mean" in answer.text and "csatt" in answer.text
    hidden = post(
        as_role("client_viewer"), "/dashboards/import", text="title = 'x'\n[[panel]]\nkpi = 'recurring_revenue'"
    )
    assert hidden.status_code == 400 and "there is no KPI" in hidden.text
