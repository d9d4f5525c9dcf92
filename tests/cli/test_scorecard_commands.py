"""Scorecards and a workspace's own KPIs on the command line: listed with their files, shown, computed, refused in one plain line."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pacesetter.cli.main import app

NOW = {"PACESETTER_NOW": "2026-11-21T08:00:00Z"}
CARD = """
id = "voice"
title = "Voice of the client"
question = "Are they content, and do they come back?"
by = "client"
least_weight = 0.6

[[parts]]
kpi = "csat"
weight = 3
worst = 50
best = 90

[[parts]]
kpi = "late_share"
weight = 1
worst = 100
best = 0
"""
OWN = """
id = "late_share"
title = "Late in the day"
question = "How much comes by phone?"
unit = "percent"
better = "lower"
text = "tickets by phone ÷ tickets created"
scale = 100.0
statistics = ["share"]

[numerator]
fact = "tickets"
anchor = "created"
value = "CASE WHEN channel = 'phone' THEN 1 ELSE 0 END"

[denominator]
fact = "tickets"
anchor = "created"

[example]
text = "1 of 4: 25 %"
value = 25
"""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(w) for w in words], env=NOW)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Acme: 8 of 10 answers content, 1 of 4 tickets by phone. Bolt: 2 tickets, nobody asked. Cone: 5 answers, no ticket."""
    root = tmp_path_factory.mktemp("cards")
    tables = {
        "clients": "client_id,name\nacme,Acme\nbolt,Bolt\ncone,Cone\n",
        "tickets": "ticket_id,client_id,created_at,channel\n"
        + "".join(
            f"T{n},{'acme' if n < 4 else 'bolt'},2026-10-05T08:00:00Z,{'phone' if n == 0 else 'email'}\n"
            for n in range(6)
        ),
        "surveys": "survey_id,kind,sent_at,answered_at,score,client_id\n"
        + "".join(f"S{n},csat,2026-10-06T08:00:00Z,2026-10-06T09:00:00Z,{5 if n < 8 else 1},acme\n" for n in range(10))
        + "".join(f"C{n},csat,2026-10-06T08:00:00Z,2026-10-06T09:00:00Z,5,cone\n" for n in range(5)),
    }
    bundle = root / "bundle"
    bundle.mkdir()
    for name, text in tables.items():
        (bundle / f"{name}.csv").write_text(text, encoding="utf-8")
    assert run("init", root / "ws").exit_code == 0
    assert run("import", bundle, "-w", root / "ws").exit_code == 0
    for folder, name, text in (("scorecards", "voice", CARD), ("kpis", "late_share", OWN)):
        (root / "ws" / folder).mkdir(exist_ok=True)
        (root / "ws" / folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return root / "ws"


OCTOBER = ("--from", "2026-10-01", "--to", "2026-11-01")


def test_cards_are_listed_with_where_they_come_from(ws: Path) -> None:
    listed = json.loads(run("scorecard", "list", "--format", "json", "-w", ws).stdout)
    assert {c["id"]: c["source"] for c in listed} == {"client_health": None, "voice": "scorecards/voice.toml"}
    assert [p["weight"] for p in next(c for c in listed if c["id"] == "voice")["parts"]] == [3, 1]
    table = run("scorecard", "list", "-w", ws).stdout
    assert "scorecards/voice.toml" in table and "shipped" in table


def test_a_card_shows_its_weights_and_bounds(ws: Path) -> None:
    shown = run("scorecard", "show", "voice", "-w", ws).stdout
    assert "75 %" in shown and "90" in shown and "60 % of the weight" in shown
    [record] = json.loads(run("scorecard", "show", "voice", "--format", "json", "-w", ws).stdout)
    assert record["by"] == "client" and record["parts"][0]["best"] == 90


def test_scores_with_their_parts_by_hand(ws: Path) -> None:
    found = json.loads(run("scorecard", "get", "voice", *OCTOBER, "--format", "json", "-w", ws).stdout)
    acme, bolt, cone = found
    # csat 80 %: three quarters of the way from 50 to 90; 25 % by phone: 75 of 100
    assert acme["value"] == pytest.approx((3 * 75 + 75) / 4) and acme["known"] == 100
    assert [p["value"] for p in acme["parts"]] == [80, 25] and acme["parts"][1]["unit"] == "percent"
    assert bolt["value"] is None and bolt["known"] == 25 and "csat" in bolt["reason"]
    assert cone["value"] == 100 and cone["known"] == 75 and cone["parts"][1]["reason"]
    assert cone["dimensions"] == {"client": "cone"} and cone["from"] == "2026-10-01T00:00:00+00:00"


def test_scores_as_table_and_csv(ws: Path) -> None:
    table = run("scorecard", "get", "voice", *OCTOBER, "-w", ws).stdout
    assert "acme" in table and "75" in table and "–" in table
    rows = list(
        csv.DictReader(io.StringIO(run("scorecard", "get", "voice", *OCTOBER, "--format", "csv", "-w", ws).stdout))
    )
    assert [float(r["value"]) for r in rows if r["value"]] == [75, 100]


def test_a_card_can_be_narrowed(ws: Path) -> None:
    found = json.loads(
        run("scorecard", "get", "voice", *OCTOBER, "--where", "client=acme", "--format", "json", "-w", ws).stdout
    )
    assert [s["dimensions"]["client"] for s in found] == ["acme"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "nope"), "there is no scorecard 'nope'"),
        (("show", "nope"), "client_health, voice"),
        (("get", "voice", "--grain", "eon"), "grain"),
    ],
)
def test_refusals_are_one_plain_line(ws: Path, words: tuple[str, ...], said: str) -> None:
    result = run("scorecard", *words, "-w", ws)
    assert result.exit_code == 2 and said in result.stderr and result.stderr.count("\n") == 1


def test_a_broken_card_is_named_with_its_file(ws: Path) -> None:
    path = ws / "scorecards" / "broken.toml"
    path.write_text(CARD.replace("csat", "luck").replace('"voice"', '"broken"'), encoding="utf-8")
    result = run("scorecard", "list", "-w", ws)
    path.unlink()
    assert result.exit_code == 2 and "broken.toml: there is no KPI 'luck'" in result.stderr


def test_own_kpis_are_listed_shown_asked_and_opened(ws: Path) -> None:
    listed = {k["id"]: k["source"] for k in json.loads(run("kpi", "list", "--format", "json", "-w", ws).stdout)}
    assert listed["late_share"] == "kpis/late_share.toml" and listed["csat"] is None
    assert "kpis/late_share.toml" in run("kpi", "list", "-w", ws).stdout
    assert "of the workspace: kpis/late_share.toml" in run("kpi", "show", "late_share", "-w", ws).stdout
    [answer] = json.loads(run("kpi", "get", "late_share", *OCTOBER, "--format", "json", "-w", ws).stdout)
    assert answer["value"] == pytest.approx(100 / 6) and answer["n"] == 6
    rows = json.loads(run("kpi", "rows", "late_share", *OCTOBER, "--format", "json", "-w", ws).stdout)
    assert sum(r["value"] for r in rows) == 1


def test_outside_of_a_workspace_the_shipped_kpis_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("kpi", "list", "--format", "json")
    assert result.exit_code == 0 and len(json.loads(result.stdout)) >= 88
    assert run("kpi", "show", "csat").exit_code == 0
    assert run("kpi", "list", "-w", tmp_path / "nowhere").exit_code == 2
