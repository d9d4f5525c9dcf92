"""The RavenStack subscriptions, held against a reading of the CSVs with loops."""

import csv
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from exports import Imported, bring_in, real_data


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"ravenstack_{name}.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def folder() -> Path:
    return real_data("ravenstack_saas")


@pytest.fixture(scope="module")
def imported(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return bring_in(tmp_path_factory.mktemp("ravenstack") / "ws", folder, "ravenstack-subscriptions")


def test_counts_and_amounts(imported: Imported, folder: Path) -> None:
    subscriptions = read(folder, "subscriptions")
    assert imported.report.quarantined == 0
    counts = [imported.one(f"SELECT count(*) FROM {t}") for t in ("clients", "agreements", "tickets", "offerings")]
    assert counts == [500, len(subscriptions), 2_000, 3]
    assert imported.one("SELECT sum(monthly_amount) FROM agreements") == sum(
        Decimal(s["mrr_amount"]) for s in subscriptions
    )
    assert imported.rows("SELECT DISTINCT currency FROM agreements") == [("USD",)]


def test_who_left_is_decided_by_the_subscriptions_and_every_contradiction_is_counted(
    imported: Imported, folder: Path
) -> None:
    running: dict[str, int] = defaultdict(int)
    ended: dict[str, int] = defaultdict(int)
    events: dict[str, int] = defaultdict(int)
    for row in read(folder, "subscriptions"):
        (ended if row["end_date"] else running)[row["account_id"]] += 1
    for row in read(folder, "churn_events"):
        events[row["account_id"]] += 1
    accounts = read(folder, "accounts")
    left = {a["account_id"] for a in accounts if not running[a["account_id"]] and ended[a["account_id"]]}
    assert {r[0] for r in imported.rows("SELECT client_id FROM clients WHERE ended_on IS NOT NULL")} == left == set()
    flagged = [a["account_id"] for a in accounts if a["churn_flag"] == "TRUE"]
    calm = [a["account_id"] for a in accounts if a["churn_flag"] == "FALSE"]
    told = imported.report.warnings
    for count, words in (
        (sum(1 for a in flagged if running[a]), "flagged as churned and have a running subscription"),
        (sum(1 for a in flagged if not events[a]), "flagged as churned and have no churn event"),
        (sum(1 for a in flagged if not ended[a]), "flagged as churned and none of their subscriptions has ever ended"),
        (sum(1 for a in calm if events[a]), "have a churn event and are not flagged"),
        (sum(1 for a in list(events) if events[a] and running[a]), "have a churn event and a running subscription"),
        (
            sum(1 for a in list(events) if events[a] and not ended[a]),
            "have a churn event and none of their subscriptions",
        ),
    ):
        assert any(w.startswith(f"{count:,} accounts") and words in w for w in told), (count, words)
    assert dict(imported.rows("SELECT client_id, CAST(x_churn_events AS INT) FROM clients")) == {
        a["account_id"]: events[a["account_id"]] for a in accounts
    }


def test_an_account_whose_subscriptions_have_all_ended_has_left(folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    for file in folder.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        if "subscriptions" in file.name:
            head, *rows = text.splitlines()
            kept = [r for r in rows if "A-3c1a3f" not in r]
            one = next(r for r in rows if "A-3c1a3f" in r and r.split(",")[3])
            text = "\n".join([head, *kept, one]) + "\n"
        (export / file.name).write_text(text, encoding="utf-8")
    done = bring_in(tmp_path / "ws", export, "ravenstack-subscriptions")
    assert [str(r[0]) for r in done.rows("SELECT ended_on FROM clients WHERE client_id = 'A-3c1a3f'")] == [
        one.split(",")[3]
    ]


def test_tickets_and_satisfaction(imported: Imported, folder: Path) -> None:
    tickets = read(folder, "support_tickets")
    found = {
        r[0]: r[1:] for r in imported.rows("SELECT ticket_id, created_at, first_response_at, closed_at FROM tickets")
    }
    for row in tickets:
        opened = datetime.strptime(row["submitted_at"], "%Y-%m-%d")
        answered = opened + timedelta(minutes=float(row["first_response_time_minutes"]))
        assert found[row["ticket_id"]] == (opened, answered, datetime.strptime(row["closed_at"], "%Y-%m-%d %H:%M"))
    scores = sorted(float(r["satisfaction_score"]) for r in tickets if r["satisfaction_score"])
    kept = imported.rows("SELECT score FROM surveys WHERE answered_at IS NOT NULL ORDER BY score")
    assert [r[0] for r in kept] == scores
    assert len(scores) == 1_175
    assert imported.one("SELECT count(*) FROM surveys") == 2_000
    early = sum(
        1
        for t in tickets
        if t["submitted_at"] < {a["account_id"]: a["signup_date"] for a in read_once(folder)}[t["account_id"]]
    )
    assert any(f"{early:,} tickets were submitted before" in w for w in imported.report.warnings)


def read_once(folder: Path, kept: dict[Path, list[dict[str, str]]] = {}) -> list[dict[str, str]]:  # noqa: B006
    return kept.setdefault(folder, read(folder, "accounts"))
