"""The words of tickets in the facts, and clusters of like tickets: the same however the tickets came."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalogue.conftest import workspace
from catalogue.independent_methods import words_of
from catalogue.sheet import Sheet, at
from pacesetter.access.scope import client_scope, operator_scope
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import open_desk
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

AS_OF = datetime(2026, 4, 1, tzinfo=UTC)
TEXTS = (
    "Reset PC-0042 (again)", "Drücker im Flur 3b klemmt, Größe ÄÖÜ", "Сброс пароля №17 для ivanov2", "東京 プリンター 12", "a b cd",
    "", "x1y2z3", "under_score_9 and snake_case", "É́tat naïve 2nd floor²", "one two three four five six seven eight nine ten eleven",
)  # fmt: skip
SUBJECTS = ("Password reset for user {n}", "Printer {n} is jammed again", "Roof planning", "VPN of host-{n} ends")


def rows_in(ws: Workspace, sql: str) -> list[tuple[Any, ...]]:
    with ws.reader() as con:
        return con.execute(sql).fetchall()


def shares(ws: Workspace, *clients: str) -> list[Answer]:
    """The answers for all, and by category and technician."""
    with open_desk(ws, client_scope("reader", frozenset(clients)) if clients else operator_scope()) as desk:
        cuts: tuple[tuple[str, ...], ...] = ((), ("category",), *(() if clients else (("technician",),)))
        return [
            a
            for by in cuts
            for a in desk.ask(["repetitive_work_share"], desk.query(first="2026-03-01", last="2026-04-01", by=by))
        ]


def work_of(*clients: str) -> Sheet:
    """Sixty tickets of each client with work of ten minutes each, of which every ninth also has long work."""
    sheet = Sheet()
    sheet.add("clients", client_id="acme", name="Acme")
    sheet.add("clients", client_id="other", name="Other")
    for client in clients:
        for n in range(60):
            subject = SUBJECTS[n % 4].replace("{n}", str(n)) if client == "acme" else f"Password of host {n}"
            [ticket] = sheet.tickets(1, 60, n, client_id=client, subject=subject, category=("access", "print")[n % 4 == 1],
                                     resolution_note="done at once" if n % 3 else "")  # fmt: skip
            for piece in range(2 if n % 9 == 0 else 1):
                sheet.add("time_entries", entry_id=f"{client}-{n}-{piece}", technician_id=("ann", "ned")[n % 2], ticket_id=ticket,
                          started_at=at(n + 5), duration_minutes=10 + 50 * piece)  # fmt: skip
    return sheet


def test_the_words_of_a_text(tmp_path: Path) -> None:
    sheet = Sheet()
    for text in TEXTS:
        sheet.tickets(1, 60, 0, subject=text, resolution_note=text, category=text[:20])
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings(), AS_OF)
    found = rows_in(ws, "SELECT t.subject, subject_words, note_words FROM f_words JOIN tickets AS t USING (ticket_key)")
    assert len(found) == len(TEXTS)
    for subject, in_subject, in_note in found:
        words = words_of(subject or "", "", "")
        assert in_subject == " ".join(words) and in_note == " ".join(words[:10])
    for category, marked in rows_in(ws, "SELECT category, words FROM f_category_words"):
        assert marked == " ".join(words_of("", category, ""))


def test_clusters_do_not_depend_on_how_the_tickets_came(tmp_path: Path) -> None:
    """At once; tickets one by one from the last to the first, with another subject at first, and their work before that of others."""
    work_of("acme").save(tmp_path / "whole")
    whole = workspace(tmp_path / "ws", tmp_path / "whole", Settings(), AS_OF)
    tables = {
        path.stem: list(csv.DictReader(path.open(encoding="utf-8", newline="")))
        for path in (tmp_path / "whole").glob("*.csv")
    }
    tickets, work = tables.pop("tickets")[::-1], tables.pop("time_entries")[::-1]
    steps: list[dict[str, list[dict[str, str]]]] = [
        tables | {"tickets": [{**t, "subject": "Roof"} for t in tickets[:40]]}
    ]
    steps += [
        {"tickets": tickets[20:], "time_entries": work[30:]},
        {"tickets": tickets[:20]},
        {"time_entries": work[:30]},
    ]
    parted = Workspace.create(tmp_path / "parted", Settings())
    for number, step in enumerate(steps):
        folder = tmp_path / f"step-{number}"
        folder.mkdir()
        for name, listed in step.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, listed[0])
                writer.writeheader()
                writer.writerows(listed)
        import_bundle(parted, folder, as_of=AS_OF)
    expected = shares(whole)
    assert shares(parted) == expected
    assert expected[0].value and expected[0].value < 100 and len(expected[0].extra["clusters"]) > 1


def test_tickets_of_others_are_not_in_a_clients_clusters(tmp_path: Path) -> None:
    for name, clients in (("both", ("acme", "other")), ("one", ("acme",))):
        work_of(*clients).save(tmp_path / name)
    both, one = (workspace(tmp_path / f"ws-{n}", tmp_path / n, Settings(), AS_OF) for n in ("both", "one"))
    assert shares(both, "acme") == shares(one, "acme") != shares(both, "other")
    with open_desk(both, client_scope("reader", frozenset({"acme"}))) as desk:
        drill = desk.drill("repetitive_work_share", desk.query(first="2026-03-01", last="2026-04-01"), "denominator")
        rows = [dict(zip(drill.columns, row, strict=True)) for row in desk.evaluator.run(drill.tree)]
    assert {r["client"] for r in rows} == {"acme"} and "technician" not in drill.columns
    assert max(r["small_tickets_in_cluster"] for r in rows) < 20, "of the client's own"


def test_work_that_is_little_is_small_up_to_the_bound(tmp_path: Path) -> None:
    """Six tickets of exactly 30 minutes are small, six of a minute more are not: 3 of 6.1 hours."""
    sheet = Sheet()
    for minutes in (30, 31):
        for ticket in sheet.tickets(6, 60, 0, subject="Password reset"):
            sheet.add(
                "time_entries",
                entry_id="w{n}",
                technician_id="ann",
                ticket_id=ticket,
                started_at=at(5),
                duration_minutes=minutes,
            )
    sheet.save(tmp_path / "bundle")
    answer = shares(workspace(tmp_path / "ws", tmp_path / "bundle", Settings(), AS_OF))[0]
    assert (answer.numerator, answer.denominator, answer.n) == (3.0, 6.1, 12)
    assert answer.extra["clusters"] == [{"like": "Password reset", "tickets": 6, "hours": 3.0}]
