"""Overviews, teams and technicians, comparisons, clients by health, the wallboard, navigation, the picker: who is shown what."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import PASSWORD, PEOPLE, Served, signed_in

from pacesetter.access.people import Grants, add_person, choose_password
from pacesetter.errors import BadRequest
from pacesetter.web import pieces as pieces_of_pages
from pacesetter.web.navigation import NAVIGATION
from pacesetter.web.overview import OVERVIEWS
from pacesetter.web.spans import PERIODS, span_of

AsRole = Callable[[str], TestClient]
SPAN = "period=custom&from=2026-10-01&to=2026-10-31"


def pieces(page: str) -> list[str]:
    return re.findall(r'hx-get="/pieces/(\w+)', page)


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        ("delivery_manager", ["queue", "flow", "signals", "figures"]), ("finance", ["money", "contribution", "offerings"]),
        ("account_manager", ["health", "queue", "figures"]), ("technician", ["queue", "record"]),
        ("client_manager", ["service", "queue", "card", "raci"]), ("client_viewer", ["service", "queue", "card", "raci"]),
        ("administrator", ["queue", "flow", "signals", "figures"]),
    ],
)  # fmt: skip
def test_each_kind_of_user_has_an_overview(role: str, wanted: list[str], as_role: AsRole) -> None:
    client = as_role(role)
    page = client.get("/").text
    assert pieces(page) == wanted
    for piece in wanted:
        answer = client.get(f"/pieces/{piece}?{SPAN}")
        assert answer.status_code == 200 and "<section" in answer.text, piece
    assert page.count("<h1") == 1


def test_the_administrator_chooses_and_others_do_not(as_role: AsRole) -> None:
    administrator = as_role("administrator")
    assert pieces(administrator.get("/?overview=money").text) == ["money", "contribution", "offerings"]
    assert 'overview=accounts"' in administrator.get("/").text
    assert as_role("delivery_manager").get("/?overview=money").status_code == 403
    assert as_role("client_manager").get("/?overview=delivery").status_code == 403
    assert set(OVERVIEWS) >= {"delivery", "money", "accounts", "service", "own"}


@pytest.mark.parametrize("piece", ["money", "contribution", "offerings"])
def test_money_has_its_own_permission(piece: str, as_role: AsRole) -> None:
    for role in PEOPLE:
        status = as_role(role).get(f"/pieces/{piece}").status_code
        assert status == (200 if role in ("administrator", "finance") else 404), role


def test_the_whole_overview_comes_at_once_where_asked(as_role: AsRole) -> None:
    page = as_role("delivery_manager").get(f"/?whole=true&{SPAN}").text
    assert (
        not pieces(page)
        and "The queue now" in page
        and "Inflow against outflow" in page
        and "Tickets created" not in page
    )


def test_inflow_and_outflow_are_those_of_the_days(as_role: AsRole) -> None:
    """34 tickets on the days 1 to 20 of October, all solved; from the 5th on (28 days to 1 November) 16 and 10 of them."""
    text = re.sub(r"\s+", " ", as_role("administrator").get("/pieces/flow").text)
    assert "<b>26</b> came, <b>26</b> resolved in 28 days: the queue kept its length" in text


def test_people_and_names_are_needed_for_people(as_role: AsRole) -> None:
    for path in ("/teams", "/teams/desk", "/technicians", "/technicians/t-ann"):
        for role in ("finance", "account_manager", "client_manager", "client_viewer"):
            assert as_role(role).get(path).status_code == 403, (path, role)
        assert as_role("delivery_manager").get(f"{path}?{SPAN}").status_code == 200, path
    assert as_role("technician").get("/teams").status_code == 403
    assert as_role("delivery_manager").get("/technicians/nobody").status_code == 404
    assert as_role("delivery_manager").get("/teams/nobody").status_code == 404


def test_a_technician_has_their_own_record_and_no_other(as_role: AsRole) -> None:
    client = as_role("technician")
    own = client.get(f"/technicians?{SPAN}")
    assert own.url.path == "/technicians/t-ann" and "Ann Whisperly" in own.text
    page = client.get(f"/technicians/t-ann?{SPAN}").text
    row = re.sub(
        r"\s+", " ", page[page.index("Tickets resolved") : page.index("</tr>", page.index("Tickets resolved"))]
    )
    assert ">20<" in row and "not compared" in row, "two do this work: too few to compare"
    assert "Only you and those who lead" in page and "Hushington" not in page
    other, nobody = client.get("/technicians/t-bob"), client.get("/technicians/nobody")
    assert other.status_code == nobody.status_code == 404
    assert re.sub(r"Request \w+", "", other.text) == re.sub(r"Request \w+", "", nobody.text)


def test_who_leads_some_teams_compares_those_and_their_people(served: Served) -> None:
    with served.store.work() as work:
        grants = Grants(role="delivery_manager", teams=["desk"])
        _, link = add_person(work, "dm-desk@example.org", "Desk lead", grants, by="test")
        choose_password(work, link, PASSWORD)
    client = signed_in(served.app, "dm-desk@example.org")
    for path, status in (
        ("/teams/desk", 200),
        ("/teams/systems", 404),
        ("/technicians/t-ann", 200),
        ("/technicians/t-bob", 404),
    ):
        assert client.get(f"{path}?{SPAN}").status_code == status, path
    for path in ("/teams", "/technicians", "/queue", "/compare?what=teams", "/", "/technicians/t-bob"):
        page = client.get(path).text
        assert "Hushington" not in page and "Systems" not in page, path
    assert client.get("/compare?what=teams&a=desk&b=systems").status_code == 403


def test_lists_have_every_figure_with_its_n(as_role: AsRole) -> None:
    page = re.sub(r"\s+", " ", as_role("delivery_manager").get(f"/technicians?{SPAN}&sort=name").text)
    ann = page[page.index("Ann Whisperly") : page.index("</tr>", page.index("Ann Whisperly"))]
    assert "n 20" in ann and page.index("Ann Whisperly") < page.index("Bob Hushington")
    down = as_role("delivery_manager").get(f"/technicians?{SPAN}&sort=-name").text
    assert down.index("Bob Hushington") < down.index("Ann Whisperly")


def test_comparisons_stay_within_reach(as_role: AsRole) -> None:
    lead = as_role("delivery_manager")
    page = re.sub(r"\s+", " ", lead.get(f"/compare?what=clients&a=acme&b=canary-client&{SPAN}").text)
    created = page[page.index("Tickets created") : page.index("</tr>", page.index("Tickets created"))]
    assert ">20<" in created and ">14<" in created and "+6" in created and "within chance" in created
    assert lead.get(f"/compare?what=teams&a=desk&b=systems&{SPAN}").status_code == 200
    assert lead.get("/compare?what=nothing").status_code == 400
    for role in ("client_manager", "account_manager"):
        assert as_role(role).get("/compare?what=clients&a=acme&b=canary-client").status_code == 403, role
        assert as_role(role).get("/compare?what=teams").status_code == 403
        assert "Two clients" not in as_role(role).get("/compare").text
    assert lead.get("/compare?what=clients&a=acme&b=nobody").status_code == 403


def test_a_comparison_has_one_sign_of_minus(as_role: AsRole) -> None:
    """The other way round the differences are negative."""
    text = as_role("delivery_manager").get(f"/compare?what=clients&a=canary-client&b=acme&{SPAN}").text
    cells = [
        " ".join(re.sub(r"<[^>]+>", " ", c).split()) for c in re.findall(r'<td class="num[^>]*>(.*?)</td>', text, re.S)
    ]
    assert "−6" in cells and any(re.fullmatch(r"−\d+ … \d+", c) for c in cells), cells
    assert not [c for c in cells if re.search(r"-\d", c)]


def test_two_periods_of_ones_own(as_role: AsRole) -> None:
    words = "period=custom&from=2026-10-01&to=2026-10-10&compare=custom&against_from=2026-10-11&against_to=2026-10-15"
    page = re.sub(r"\s+", " ", as_role("client_manager").get(f"/compare?{words}").text)
    created = page[page.index("Tickets created") : page.index("</tr>", page.index("Tickets created"))]
    assert ">10<" in created and ">5<" in created
    assert 'name="against_from" id="pick-against-from" value="2026-10-11"' in page and 'value="2026-10-15"' in page


def test_missing_parts_of_health_are_said_and_not_zero(as_role: AsRole) -> None:
    page = re.sub(r"\s+", " ", as_role("client_manager").get(f"/pieces/card?{SPAN}").text)
    assert "Too little is known for a score: no number for Resolution SLA met" in page
    page = page[page.index("<tbody>") :]
    for title in ("Resolution SLA met", "Availability"):
        row = page[page.index(title) : page.index("</tr>", page.index(title))]
        assert "not known:" in row and ">0<" not in row, title
    assert re.search(r"\((\d+) % of the weight\)", page), page[-900:]
    listed = re.sub(r"\s+", " ", as_role("account_manager").get(f"/pieces/health?{SPAN}").text)
    assert "Acme Works" in listed and "Resolution SLA met" in listed
    assert "/pieces/card?" in as_role("delivery_manager").get("/clients/acme").text


def test_the_matrix_in_short_is_that_of_the_client(as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    page = as_role("client_manager").get("/pieces/raci").text
    row = page[page.index("Hardware at Acme") : page.index("</tr>", page.index("Hardware at Acme"))]
    assert ">Desk<" in row and ">Desk lead<" in row and "anary" not in page
    monkeypatch.setattr(pieces_of_pages, "tasks_within", lambda *_: [])
    assert "No responsibilities have been agreed on yet" in as_role("client_manager").get("/pieces/raci").text


@pytest.mark.parametrize(
    "words",
    [
        "panels=nothing",
        "panels=",
        "seconds=1",
        "seconds=x",
        "seconds=0000150000",
        "panels=" + ",".join(["queue"] * 3 + ["a"] * 20),
    ],
)
def test_a_wallboard_refuses_words_that_mean_nothing(words: str, as_role: AsRole) -> None:
    assert as_role("delivery_manager").get(f"/wallboard?{words}").status_code == 400


def test_a_wallboard_is_what_its_address_says(as_role: AsRole) -> None:
    page = as_role("delivery_manager").get("/wallboard?panels=csat,queue&seconds=30&client=acme").text
    assert (
        re.findall(r'id="panel-(\w+)"', page) == ["csat", "queue"]
        and 'data-seconds="30"' in page
        and "Acme Works" in page
    )
    panel = as_role("delivery_manager").get(f"/wallboard/panels/csat?{SPAN}&client=acme").text
    assert "100.0 %" in panel and '<p class="wall-big">' in panel
    assert as_role("delivery_manager").get("/wallboard?panels=recurring_revenue").status_code == 400, (
        "money is not for them"
    )
    assert as_role("delivery_manager").get("/wallboard/panels/recurring_revenue").status_code == 404
    for script in re.findall(r'src="(/static/[^"]+)"', page):
        assert as_role("delivery_manager").get(script).status_code == 200


def test_the_bar_links_only_what_is_there_and_may_be_opened(as_role: AsRole) -> None:
    for role in PEOPLE:
        client = as_role(role)
        page = client.get("/").text
        bar = page[page.index('<nav id="pages"') : page.index("</nav>")]
        links = [a.replace("&amp;", "&") for a in re.findall(r'href="([^"]+)"', bar)]
        assert {"/", "/queue", "/clients", "/kpis"} <= set(links), role
        for link in links:
            if link != "/":
                assert client.get(link).status_code == 200, (role, link)
    assert '"/teams"' not in as_role("client_manager").get("/").text


def test_the_period_goes_along_and_further_filters_do_not(as_role: AsRole) -> None:
    page = (
        as_role("delivery_manager")
        .get("/kpis/resolution_time?period=last-quarter&compare=year&client=acme&where=category=hardware")
        .text
    )
    bar = page[page.index('<nav id="pages"') : page.index("</nav>")]
    link = re.search(r'href="(/queue[^"]*)"', bar)
    assert (
        link
        and "period=last-quarter" in link.group(1)
        and "where=client%3Dacme" in link.group(1)
        and "category" not in link.group(1)
    )


@pytest.mark.parametrize("period", [p for p in PERIODS if p != "custom"])
def test_spans_are_compared_with_as_many_days_or_months(period: str) -> None:
    today = date(2026, 11, 18)  # a Wednesday
    for compare in ("before", "year"):
        span = span_of(period, today, None, None, compare)
        first, last = span.before
        assert first < last <= span.last and first < span.first
        if compare == "year":
            assert (first.year, last.year) == (span.first.year - 1, span.last.year - 1)


def test_the_same_month_a_year_ago_and_a_span_of_ones_own() -> None:
    today = date(2026, 11, 18)
    span = span_of("same-month", today, None, None)
    assert (span.first, span.last) == (date(2025, 10, 1), date(2025, 11, 1))
    assert span_of("this-week", today, None, None).first == date(2026, 11, 16)
    own = span_of("last-month", today, None, None, "custom", "en", ("2026-01-01", "2026-01-31"))
    assert own.before == (date(2026, 1, 1), date(2026, 2, 1)) and own.before_name == "January 2026"
    with pytest.raises(BadRequest):
        span_of("last-month", today, None, None, "custom", "en", ("2026-02-01", "2026-01-31"))


def test_every_page_of_the_navigation_has_one_place() -> None:
    paths = [e.path for g in NAVIGATION for e in g.entries]
    assert len(paths) == len(set(paths))
