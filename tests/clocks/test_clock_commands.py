"""``sla at-risk``, ``sla what-if``, ``ticket show`` and the KPIs of service levels, by the command line on one small bundle."""

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pacesetter.cli.main import app
from pacesetter.insight.what_if import read_what_if
from pacesetter.insight.what_if.policy_file import CalendarRule, PolicyRule, TargetRule, WhatIf

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "ask-what-if.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
NOW = "2026-06-10T12:00:00+02:00"  # a Wednesday
TABLES: dict[str, list[dict[str, Any]]] = {
    "clients": [{"client_id": "acme", "name": "Acme"}, {"client_id": "beta", "name": "Beta"}],
    "teams": [{"team_id": "desk", "name": "Desk", "organisation": "msp", "tier": 1}],
    "technicians": [{"technician_id": "ann", "name": "Ann", "team_id": "desk"}],
    "calendars": [{"calendar_id": "office", "name": "Office", "time_zone": "Europe/Berlin", "hours": "mon-fri 09:00-17:00"}],
    "sla_policies": [{"sla_policy_id": "std", "name": "Standard", "calendar_id": "office"}],
    "sla_targets": [
        {"sla_policy_id": "std", "clock": "respond", "target_minutes": 60, "hours": "business"},
        {"sla_policy_id": "std", "clock": "resolve", "target_minutes": 480, "hours": "business"},
    ],
    "tickets": [
        {"ticket_id": ticket, "client_id": client, "created_at": created, "type": kind, "priority": "P2", "team_id": "desk",
         "promised_at": promised}
        for ticket, client, created, kind, promised in (
            ("T-1001", "acme", "2026-06-05T14:00:00+02:00", "incident", "2026-06-08T17:00:00+02:00"),
            ("T-1002", "acme", "2026-06-09T11:00:00+02:00", "incident", "2026-06-09T12:00:00+02:00"),
            ("T-1003", "beta", "2026-06-10T10:00:00+02:00", "alert", ""),
        )
    ],
    "ticket_events": [
        {"event_id": f"e{n}", "ticket_id": ticket, "occurred_at": at, "kind": kind, "actor_kind": "technician", "actor_id": "ann",
         "to_value": to}
        for n, (ticket, at, kind, to) in enumerate((
            ("T-1001", "2026-06-05T14:30:00+02:00", "reply", ""), ("T-1001", "2026-06-05T15:00:00+02:00", "status", "waiting_requester"),
            ("T-1001", "2026-06-08T10:00:00+02:00", "status", "active"), ("T-1001", "2026-06-08T16:00:00+02:00", "resolved", ""),
            ("T-1002", "2026-06-09T12:30:00+02:00", "reply", ""), ("T-1003", "2026-06-10T10:20:00+02:00", "status", "active"),
        ))
    ],
}  # fmt: skip


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"PACESETTER_NOW": NOW, "COLUMNS": "100"})


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clocks")
    bundle, space = folder / "bundle", folder / "work"
    bundle.mkdir()
    for table, rows in TABLES.items():
        with (bundle / f"{table}.csv").open("w", encoding="utf-8", newline="") as out:
            sheet = csv.DictWriter(out, list(rows[0]))
            sheet.writeheader()
            sheet.writerows(rows)
    assert run("init", str(space)).exit_code == 0
    settings = space / "pacesetter.toml"
    lines = [x for x in settings.read_text("utf-8").splitlines() if not x.startswith("time_zone")]
    settings.write_text('time_zone = "Europe/Berlin"\n' + "\n".join(lines) + "\n", "utf-8")
    assert run("import", str(bundle), "-w", str(space)).exit_code == 0
    return str(space)


def told(workspace: str, *words: str) -> Any:
    result = run(*words, "--format", "json", "-w", workspace)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_at_risk(workspace: str) -> None:
    """Now Wednesday 12:00. T-1002 has used 6 h on Tuesday and 3 on Wednesday: past due since 11:00. T-1003 has used two of eight
    hours to resolve, due Thursday 10:00, six left; its hour to respond ended at 11:00."""
    found = told(workspace, "sla", "at-risk", "--within", "6")
    assert [(r["ticket"], r["clock"], r["due_at"], r["remaining_s"], r["level"]) for r in found] == [
        ("T-1003", "resolve", "2026-06-11T10:00:00+02:00", 6 * 3600, 0)
    ]
    assert (found[0]["holder"], found[0]["used_percent"]) == ("msp tier 1", 25.0)
    assert told(workspace, "sla", "at-risk", "--within", "5.9") == []
    assert told(workspace, "sla", "at-risk", "--within", "9", "--where", "client=acme") == []
    assert [
        r["level"]
        for r in told(workspace, "sla", "at-risk", "--as-of", "2026-06-10T10:30:00+02:00")
        if r["clock"] == "respond"
    ] == [50]
    text = run("sla", "at-risk", "-w", workspace).stdout
    assert "T-1003" in text and "2 clocks of open tickets are past their due instant" in text


def test_kpis_of_service_levels(workspace: str) -> None:
    """Resolution: T-1001 used 1 + 6 of 8 hours (met), T-1002 broken on Wednesday 11:00. Response: T-1001 after half an hour (met), T-1002
    after an hour and a half (broken Tuesday 12:00); T-1003 is an alert. Promised: T-1001 kept, T-1002 not."""
    expected = {
        "sla_resolution_compliance": (50.0, 2), "sla_response_compliance": (50.0, 2), "sla_compliance": (100 / 3, 3),
        "promise_kept_rate": (50.0, 2), "sla_breaches": (3, 3), "sla_at_risk": (1, 1), "alert_triage_time": (1200.0, 1),
    }  # fmt: skip
    for answer in told(workspace, "kpi", "get", *expected):
        if answer["statistic"] in ("share", "count") or answer["kpi"] == "alert_triage_time":
            value, n = expected[answer["kpi"]]
            assert (answer["value"], answer["n"]) == (pytest.approx(value), n), answer
    held = [a for a in told(workspace, "kpi", "get", "sla_breaches", "--by", "holder") if a["statistic"] == "count"]
    assert {a["dimensions"]["holder"]: a["value"] for a in held} == {"msp tier 1": 3}
    over = [a for a in told(workspace, "kpi", "get", "sla_breaches") if a["statistic"] == "mean"]
    # Half an hour until T-1002 was answered; an hour so far each: its resolution, and the response to T-1003, both due at 11:00.
    assert (over[0]["value"], over[0]["n"], over[0]["unit"]) == ((1800 + 3600 + 3600) / 3, 3, "s")
    closed = told(workspace, "kpi", "get", "sla_resolution_compliance", "--variant", "closed_only")
    assert closed[0]["value"] == 100.0


def test_rows_behind_compliance_recompute(workspace: str) -> None:
    rows = told(workspace, "kpi", "rows", "sla_resolution_compliance", "--part", "denominator")
    met = told(workspace, "kpi", "rows", "sla_resolution_compliance", "--part", "numerator")
    assert (len(met), len(rows)) == (1, 2) and met[0]["ticket_id"] == "T-1001"


def test_hands_and_silence(workspace: str) -> None:
    """T-1001, Friday 14:00 to Monday 16:00: business 1 h, then 2 + 1 h of waiting, then 6 h. Longest silence: after the reply at 14:30,
    half an hour on Friday and six hours on Monday."""
    held = told(workspace, "kpi", "get", "time_in_hands", "--by", "holder")
    assert {a["dimensions"]["holder"]: a["numerator"] for a in held} == {"msp tier 1": 7 * 3600, "requester": 3 * 3600}
    silence = told(workspace, "kpi", "get", "update_interval")
    assert silence[0]["value"] == 6.5 * 3600


def test_kaplan_meier(workspace: str) -> None:
    """Three tickets, one resolved, after 74 h; the two others are censored after 25 and 2 h. At 74 h one is left and is resolved: the
    share that is open falls from 1 to 0 there, so the median is 74 h."""
    pytest.importorskip("lifelines")
    answer = told(workspace, "kpi", "get", "time_to_resolution_median_km")[0]
    assert (answer["value"], answer["n"], answer["resolved"], answer["censored"]) == (74 * 3600, 3, 1, 2)
    assert answer["curve"][0] == [0.0, 1.0] and answer["curve"][-1] == [74 * 3600.0, 0.0]


def test_ticket_show(workspace: str) -> None:
    result = run("ticket", "show", "T-1001", "-w", workspace)
    assert result.exit_code == 0 and max(len(line) for line in result.stdout.splitlines()) <= 100
    for words in (
        "Acme · incident · P2",
        "Office: mon-fri 09:00-17:00",
        "respond clock met after 30 m",
        "resolve clock pauses at 1 h 00 m of 8 h 00 m",
        "shut for 2 d 16 h, until Mon 06-08 09:00",
        "resolve clock goes on at 1 h 00 m",
        "resolve clock met after 7 h 00 m",
        "requester",
    ):
        assert words in result.stdout, words
    broken = run("ticket", "show", "T-1002", "-w", workspace).stdout
    assert (
        "respond clock breaks: 1 h 00 m used up, held by msp tier 1" in broken
        and "respond clock ends after 1 h 30 m, broken" in broken
    )
    story = told(workspace, "ticket", "show", "T-1001")
    assert story["events"][0]["at"] == "2026-06-05T14:30:00+02:00"
    assert [h["holder"] for h in story["holdings"]][:3] == ["msp tier 1", "requester", "msp tier 1"]
    assert sum(c["outcome"] == "met" for c in story["clocks"]) == 2
    early = told(workspace, "ticket", "show", "T-1001", "--as-of", "2026-06-05T15:30:00+02:00")
    assert len(early["events"]) == 2 and {c["outcome"] for c in early["clocks"]} == {"met", "paused", None}


def refusal(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 2 and "Traceback" not in result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_refusals_are_one_plain_line(workspace: str, tmp_path: Path) -> None:
    assert "did you mean T-1001 or T-1002 or T-1003?" in refusal("ticket", "show", "T-1009", "-w", workspace)
    assert "there is no ticket 'T-101'; did you mean" in refusal("ticket", "show", "T-101", "-w", workspace)
    assert "did not exist yet" in refusal("ticket", "show", "T-1003", "--as-of", "2026-06-01", "-w", workspace)
    assert "no dimension 'asset'" in refusal("sla", "at-risk", "--where", "asset=x", "-w", workspace)
    assert "--within" in refusal("sla", "at-risk", "--within", "-1", "-w", workspace)
    assert "no-such.toml" in refusal("sla", "what-if", str(tmp_path / "no-such.toml"), "-w", workspace)
    for text, words in (
        ("[[policy]]\nscale = 0", "policy[1].scale"), ("[[policy]]\nfactor = 2", "policy[1].factor: unknown key"), ("x", "not valid TOML"),
        ("[[policy]]\nname = 'nothing'", "nothing is different"), ("[[policy]]\nscale = 1\nclients = ['no']", "there is no client 'no'"),
        ("[[policy]]\ntargets = [{clock='respnd', minutes=1}]", "policy[1].targets[1].clock"),
        ("[[policy]]\ncalendar = 'c'\n[calendars.c]\ntime_zone='Europe/Berlin'\nhours='mon 25:00-26:00'", "calendar 'c', hours"),
    ):  # fmt: skip
        file = tmp_path / "policy.toml"
        file.write_text(text, "utf-8")
        assert words in refusal("sla", "what-if", str(file), "-w", workspace), text


def test_what_if(workspace: str, tmp_path: Path) -> None:
    """With twelve hours to resolve and two to respond, T-1002 would have answered in time and still run."""
    file = tmp_path / "gentle.toml"
    targets = "".join(
        f"[[policy.targets]]\nclock = '{c}'\nminutes = {m}\n" for c, m in (("resolve", 720), ("respond", 120))
    )
    file.write_text(f"name = 'Gentle'\n[[policy]]\nclients = ['acme']\n{targets}", "utf-8")
    before = {p: p.stat().st_mtime_ns for p in Path(workspace).rglob("*") if p.is_file()}
    report = told(workspace, "sla", "what-if", str(file))[0]
    assert {p: p.stat().st_mtime_ns for p in Path(workspace).rglob("*") if p.is_file()} == before
    assert (report["tickets"], report["within_span"], report["changed"]) == (2, 3, 1)
    assert [(c["ticket"], c["clock"], c["then"], c["now"]) for c in report["changes"]] == [
        ("T-1002", "resolve", "breached", "none"), ("T-1002", "respond", "breached", "met"),
    ]  # fmt: skip
    respond = next(r for r in report["rows"] if r["clock"] == "respond")
    assert (respond["percent_then"], respond["percent_now"]) == (50.0, 100.0)
    text = run("sla", "what-if", str(file), "-w", workspace).stdout
    assert "Gentle" in text and "1 ticket changes sides" in text and "+50.0" in text


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_the_page_loads(example: str, tmp_path: Path) -> None:
    file = tmp_path / "example.toml"
    file.write_text(example, "utf-8")
    assert read_what_if(file).policy


def test_the_page_names_every_key() -> None:
    page = HOW_TO.read_text("utf-8")
    records: Sequence[Any] = (WhatIf, PolicyRule, TargetRule, CalendarRule)
    missing = [
        name for record in records for name in record.model_fields if f"`{name}" not in page and name != "policy"
    ]
    assert len(EXAMPLES) >= 3 and missing == []
