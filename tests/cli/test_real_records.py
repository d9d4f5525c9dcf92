"""The README's own walk through the real ServiceNow log, against a plain reading of the file."""

import csv
import gzip
import json
import os
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pacesetter.cli.main import app

DATA = Path(os.environ.get("PACESETTER_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")
LOG = DATA / "servicenow_incidents" / "incident_event_log.csv.gz"
pytestmark = pytest.mark.skipif(not LOG.is_file(), reason=f"the real records are not at {DATA}")


@pytest.fixture(scope="module")
def last_rows() -> dict[str, dict[str, str]]:
    """The last row of each incident, in the order of the file."""
    found: dict[str, dict[str, str]] = {}
    with gzip.open(LOG, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found[row["number"]] = row
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real") / "desk"
    assert CliRunner().invoke(app, ["init", str(folder)]).exit_code == 0
    words = ["import", str(LOG), "--mapping", "servicenow-audit-log", "-w", str(folder)]
    assert CliRunner().invoke(app, words).exit_code == 0
    return folder


def ask(desk: Path, *words: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, ["kpi", "get", *words, "--format", "json", "-w", str(desk)])
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_monthly_volume(desk: Path, last_rows: dict[str, dict[str, str]]) -> None:
    months = Counter(
        datetime.strptime(row["opened_at"], "%d/%m/%Y %H:%M").strftime("%Y-%m") for row in last_rows.values()
    )
    answers = ask(desk, "tickets_created", "--grain", "month")
    assert {str(a["from"])[:7]: a["value"] for a in answers if a["value"]} == dict(months)
    assert sum(months.values()) == 24_918


def test_reported_sla_by_priority_takes_the_last_row_only(desk: Path, last_rows: dict[str, dict[str, str]]) -> None:
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for row in last_rows.values():
        verdicts[row["priority"]].append(row["made_sla"] == "true")
    answers = ask(desk, "sla_resolution_compliance", "--variant", "reported", "--by", "priority")
    found = {a["dimensions"]["priority"]: (a["numerator"], a["denominator"]) for a in answers}  # type: ignore[index]
    assert found == {priority: (sum(v), len(v)) for priority, v in verdicts.items()}


def test_rows_behind_the_reopened_recompute_to_the_number(desk: Path) -> None:
    [answer] = ask(desk, "reopen_rate")
    words = ["kpi", "rows", "reopen_rate", "--part", "numerator", "--format", "json", "-w", str(desk)]
    rows = json.loads(CliRunner().invoke(app, words).stdout)
    assert len({r["ticket_id"] for r in rows}) == len(rows) == answer["numerator"]


def test_resolution_time_has_mean_median_and_p90(desk: Path) -> None:
    answers = ask(desk, "resolution_time", "--hours", "calendar", "--from", "2016-03-01", "--to", "2016-04-01")
    values = {a["statistic"]: a["value"] for a in answers}
    assert values["median"] < values["mean"] < values["p90"]  # type: ignore[operator]


def test_what_the_log_cannot_tell_is_said(desk: Path) -> None:
    [answer] = ask(desk, "first_contact_resolution")
    assert answer["value"] is None and "replies" in str(answer["reason"])
