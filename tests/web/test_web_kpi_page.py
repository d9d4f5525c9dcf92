"""The page of one KPI: the same number on the page, as a command and as a call; charts, their tables, what is behind points and bars."""

import json
import re
import shlex
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import PEOPLE, Served
from typer.testing import CliRunner

from pacesetter import clock
from pacesetter.access.people import person_named
from pacesetter.access.standing import standings
from pacesetter.access.tokens import new_token
from pacesetter.cli.main import app as commands
from pacesetter.reports import charts
from pacesetter.reports.charts import is_in_sight
from pacesetter.reports.distribution import _edges
from pacesetter.web import kpi_page
from pacesetter.web.languages import LOCALES

AsRole = Callable[[str], TestClient]
OCTOBER = "period=custom&from=2026-10-01&to=2026-10-31"


def pieces(page: str) -> list[str]:
    """The texts that can be copied: the command, the call."""
    return [unescape(t) for t in re.findall(r"<pre tabindex=\"0\">(.*?)</pre>", page, re.S)]


def token(served: Served) -> str:
    with served.store.work() as work:
        person = person_named(work, PEOPLE["administrator"][0])
        return new_token(work, standings(work, person)[0], "test", clock.now() + timedelta(days=1))


def rows_told(page: str) -> int:
    found = re.search(r'role="status">\s*([\d,.]+) row', page)
    assert found, page[:3000]
    return int(re.sub(r"\D", "", found.group(1)))


@pytest.mark.parametrize(
    "words",
    ["grain=week", "grain=month&where=client%3Dacme&where=priority%3DP3", "grain=day&hours=calendar&variant=first"],
)
def test_the_command_and_the_call_give_the_numbers_of_the_page(words: str, served: Served, as_role: AsRole) -> None:
    client = as_role("administrator")
    page = client.get(f"/kpis/resolution_time?{OCTOBER}&{words}").text
    command, call = pieces(page)
    told = shlex.split(command)
    assert told[0] == "pacesetter"
    run = CliRunner().invoke(commands, [*told[1:], "--format", "json", "-w", str(served.workspace.root)])
    assert run.exit_code == 0, run.output
    by_command = json.loads(run.stdout)
    words_of_call = shlex.split(call)
    assert words_of_call[:2] == ["curl", "-H"] and words_of_call[2] == "Authorization: Bearer $PACESETTER_TOKEN"
    address = urlsplit(words_of_call[3])
    headers = {"authorization": f"Bearer {token(served)}"}
    by_call = TestClient(served.app).get(f"{address.path}?{address.query}", headers=headers).json()
    assert [a["value"] for a in by_command] == [a["value"] for a in by_call] != []
    spec = client.get(f"/kpis/resolution_time/chart.json?{OCTOBER}&{words}").json()
    drawn = _points(spec)
    mean = [a["value"] for a in by_call if a["statistic"] == "mean"]
    divisor = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}[_title(spec)]
    assert [None if v is None else v / divisor for v in mean] == pytest.approx(drawn)


def _points(spec: dict) -> list[float | None]:
    """The values of the points that can be clicked."""
    layer = next(part for part in spec["layer"] if "href" in part["encoding"])
    data = layer.get("data") or spec["data"]
    values = data["values"] if "values" in data else spec["datasets"][data["name"]]
    return [v["value"] for v in values]


def _title(spec: dict) -> str:
    return next(part["encoding"]["y"]["title"] for part in spec["layer"] if part["encoding"].get("y", {}).get("title"))


def test_a_long_cut_is_shown_in_part_and_says_so(as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_role("delivery_manager")
    address = f"/kpis/resolution_time?{OCTOBER}&by=technician"

    def shown() -> tuple[int, bool]:
        page = client.get(address).text
        cut = page[page.index('<table class="cut">') :]
        return cut[: cut.index("</table>")].count('<tr><th scope="row">'), "the files have all of them" in page

    many, told = shown()
    assert many > 1 and not told
    monkeypatch.setattr(kpi_page, "GROUPS", many - 1)
    assert shown() == (many - 1, True)


def test_every_point_and_bar_opens_as_many_rows_as_it_stands_for(as_role: AsRole) -> None:
    client = as_role("delivery_manager")
    page = client.get(f"/kpis/resolution_time?{OCTOBER}&grain=week&by=category").text
    links = re.findall(r'<td class="num"><a href="(/kpis/resolution_time/rows[^"]*)">([\d,]+)', page)
    assert len(links) >= 8, "course, distribution and cut"
    for address, told in links:
        assert rows_told(client.get(unescape(address)).text) == int(told.replace(",", "")), address
    for chart in ("course", "distribution", "cut"):
        spec = client.get(f"/kpis/resolution_time/chart.json?{OCTOBER}&grain=week&by=category&chart={chart}").json()
        addresses = re.findall(r'"url": "([^"]+)"', json.dumps(spec))
        assert addresses and all(client.get(a).status_code == 200 for a in addresses[:3])
        picture = client.get(f"/kpis/resolution_time/chart.svg?{OCTOBER}&by=category&chart={chart}")
        assert picture.status_code == 200 and "<svg" in picture.text and "/rows" not in picture.text
    assert client.get("/kpis/resolution_time/chart.png").content.startswith(b"\x89PNG")
    assert client.get("/kpis/resolution_time/chart.json?chart=nothing").status_code == 400


def test_the_distribution_counts_every_row_once(as_role: AsRole) -> None:
    client = as_role("administrator")
    for kpi, part in (("resolution_time", "numerator"), ("csat", "denominator"), ("reopen_rate", "denominator")):
        page = client.get(f"/kpis/{kpi}?{OCTOBER}").text
        section = page[page.index('id="spread"') : page.index('aria-labelledby="cut"')]
        counts = [int(n) for n in re.findall(r'part=looked_at[^"]*">(\d+)</a>', section)]
        assert sum(counts) == rows_told(client.get(f"/kpis/{kpi}/rows?{OCTOBER}&part={part}").text) > 0
    assert 'id="spread"' not in client.get("/kpis/tickets_created").text, (
        "each row adds one: there is nothing to spread"
    )


def test_what_the_page_has_in_sight(as_role: AsRole) -> None:
    page = as_role("administrator").get(f"/kpis/resolution_time?{OCTOBER}").text
    for text in ("median", "p90", "95 % interval", "Benchmark", "Rival definitions", "Population", "Completeness", "Left out",
                 "Fresh as of", "Distribution", "Values as a table", "Command line", "CSV", "Parquet", "SVG", "PNG"):  # fmt: skip
        assert text in page, text
    viewer = as_role("client_viewer").get(f"/kpis/resolution_time?{OCTOBER}").text
    assert "Parquet" not in viewer and "of all records have" not in viewer, (
        "neither files nor figures of the whole workspace"
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_charts_speak_the_readers_language(locale: str, as_role: AsRole) -> None:
    spec = (
        as_role("administrator")
        .get("/kpis/resolution_time/chart.json", headers={"accept-language": locale.replace("_", "-")})
        .json()
    )
    told = spec["config"]["locale"]
    assert told["number"]["decimal"] == ("," if locale in ("de", "de_AT") else ".")
    assert told["time"]["months"][2] == ("März" if locale.startswith("de") else "March")
    assert told["time"]["days"][0] == ("Sonntag" if locale.startswith("de") else "Sunday")


def test_a_benchmark_does_not_flatten_what_it_is_compared_with() -> None:
    assert is_in_sight(11.0, [2.0, 10.0]) and not is_in_sight(100.0, [2.0, 10.0])
    assert not is_in_sight(None, [1.0]) and not is_in_sight(1.0, [])
    assert charts.axis_of("s", 7200.0) == (60.0, "minutes")


def test_edges_of_amounts_hold_all_of_them() -> None:
    for low, high in ((0.5, 9_999.0), (-20.0, 3.0), (0.0, 0.0), (5.0, 5.0)):
        edges = _edges(low, high)
        assert edges == sorted(edges) and all(low < e <= high for e in edges)
