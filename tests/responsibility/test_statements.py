"""Statements: what is in them, that both verifiers give their figures, that forged ones fall, and what a later one says."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from statement_world import Opened, awkward_bundle, clients, independent, issued, loaded, rows
from typer.testing import CliRunner

from pacesetter.access.roles import Permission
from pacesetter.access.scope import client_scope, operator_scope, scope_of
from pacesetter.catalogue.desk import open_desk
from pacesetter.cli.main import app
from pacesetter.errors import BadRequest, BadWorkspace, Forbidden
from pacesetter.responsibility.statements import format as f
from pacesetter.responsibility.statements.issue import Order, issue
from pacesetter.responsibility.statements.keys import key_fingerprint, signing_key
from pacesetter.responsibility.statements.pagecheck import page_findings
from pacesetter.responsibility.statements.verify import Verdict, verify
from pacesetter.settings import Settings, StatementSettings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

tool = independent()
NOW = "2026-11-22T10:00:00Z"


def quiet(step: str, share: float | None) -> None:
    pass


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Any]:
    return loaded(tmp_path_factory.mktemp("statements"), 2)


@pytest.fixture(scope="module")
def original(world: tuple[Workspace, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("original") / "statement.zip"
    issued(world[0], clients(world[0])[0], str(world[1].special.year), out, keep=False)
    return out


def lines(verdict: Verdict) -> str:
    return "\n".join(finding.line() for finding in verdict.findings)


@pytest.mark.parametrize("seed", [1])
def test_the_independent_verifier_gives_every_figure(seed: int, tmp_path: Path) -> None:
    """Awkward tickets, calendars across zones, policies that follow each other, as of the middle and as of the end."""
    ws, plan = loaded(tmp_path, seed)
    checked = figures = left_out = 0
    for client in clients(ws)[:1]:
        for period in (f"{plan.special.year}",):
            for as_of in (plan.middle, None):
                try:
                    made = issued(ws, client, period, tmp_path / "s.zip", as_of_s=as_of, keep=False)
                except BadRequest:
                    continue
                findings, key, count = tool.verify(tmp_path / "s.zip")
                assert findings == [], (client, period, as_of)
                assert (key, count) == (made.fingerprint, len(made.figures))
                checked, figures = checked + 1, figures + sum(a["value"] is not None for a in made.figures)
                left_out += sum("not_provided" in a["excluded"] for a in made.figures)
    assert checked == 2 and figures > 100 and left_out > 2


@pytest.mark.parametrize(
    "without",
    [("surveys",), ("sla_policies", "sla_targets"), ("ticket_events", "surveys", "sla_policies", "sla_targets")],
)
def test_both_verifiers_know_what_the_sources_lack(without: tuple[str, ...], tmp_path: Path) -> None:
    """Surveys, promises, history: where there are none, the figures over them are null for both."""
    plan = awkward_bundle(tmp_path / "bundle", 0)
    for table in without:
        next((tmp_path / "bundle").glob(f"{table}.csv*")).unlink()
    ws = Workspace.create(tmp_path / "workspace", Settings(time_zone=plan.zone, calendar="office", name="A desk"))
    import_bundle(ws, tmp_path / "bundle", as_of=datetime.fromtimestamp(plan.end + 86_400, UTC))
    made = issued(ws, clients(ws)[0], f"{plan.first.year + 1}", tmp_path / "s.zip", keep=False)
    assert any(str(a["reason"]).startswith("not available") for a in made.figures)
    findings, _, count = tool.verify(tmp_path / "s.zip")
    assert (findings, count) == ([], len(made.figures))
    assert not [x.line() for x in verify(tmp_path / "s.zip", quiet).findings]


def test_the_figures_are_those_of_the_workspace(world: tuple[Workspace, Any], original: Path) -> None:
    ws, plan = world
    there, told = Opened(original).json(f.ANSWERS), Opened(original).json(f.HEAD)
    year = plan.special.year
    with open_desk(ws, operator_scope()) as desk:
        query = desk.query(first=f"{year}-01-01", last=f"{year + 1}-01-01", where=[f"client={clients(ws)[0]}"],
                           zone=told["period"]["time_zone"])  # fmt: skip
        for answer in desk.ask(["resolution_time", "sla_resolution_compliance", "backlog"], query):
            own = next(
                a for a in there if (a["kpi"], a["statistic"], a["hours"]) == (answer.kpi, answer.statistic, answer.hours)
                and a["grain"] == "all" and not a["dimensions"]
            )  # fmt: skip
            assert (own["value"], own["n"], own["excluded"]) == (answer.value, answer.n, dict(answer.excluded))


def test_the_same_data_give_the_same_bytes(
    world: tuple[Workspace, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws, plan = world
    monkeypatch.setenv("PACESETTER_NOW", NOW)
    made = [issued(ws, clients(ws)[0], f"{plan.special:%Y-%m}", tmp_path / f"{n}.zip") for n in range(2)]
    assert (tmp_path / "0.zip").read_bytes() == (tmp_path / "1.zip").read_bytes()
    assert made[0].changes["earlier"] is None and made[1].changes == made[0].changes
    monkeypatch.setenv("PACESETTER_NOW", "2026-11-23T10:00:00Z")
    issued(ws, clients(ws)[0], f"{plan.special:%Y-%m}", tmp_path / "2.zip")
    one, other = Opened(tmp_path / "0.zip"), Opened(tmp_path / "2.zip")
    assert {n for n in one.names if one.content[n] != other.content[n]} == {f.HEAD, f.PAGE, f.SEAL, f.SIGNATURE}


def test_nothing_of_other_clients_and_no_more_than_figures_need(world: tuple[Workspace, Any], original: Path) -> None:
    ws, plan = world
    mine, everybody = clients(ws)[0], rows(plan.folder, "tickets")
    words = b"\n".join(Opened(original).content.values())
    strangers = {t["ticket_id"] for t in everybody if t["client_id"] != mine}
    there = {line.split(b",")[0].decode() for line in Opened(original).lines("rows/tickets.csv")[1:]}
    assert there and not there & strangers and there <= {t["ticket_id"] for t in everybody}
    for other in clients(ws)[1:]:
        assert b"," + other.encode() + b"," not in words
    for table, columns in (
        ("technicians", ("name", "email")),
        ("contacts", ("name", "email")),
        ("tickets", ("subject", "resolution_note")),
    ):
        for row in rows(plan.folder, table):
            for column in columns:
                value = row.get(column)
                assert not value or len(value) < 4 or f",{value},".encode() not in words, (table, column, value)


def test_technicians_are_named_only_where_settings_say_so(
    world: tuple[Workspace, Any], original: Path, tmp_path: Path
) -> None:
    ws, plan = world
    names = {row["technician_id"]: row["name"] for row in rows(plan.folder, "technicians")}
    client, period = clients(ws)[0], str(plan.special.year)
    open_ws = Workspace(
        root=ws.root, settings=ws.settings.model_copy(update={"statements": StatementSettings(technician_names=True)})
    )
    issued(open_ws, client, period, tmp_path / "names.zip", keep=False)
    ids, named = (
        [line.decode().strip().split(",")[:2] for line in Opened(path).lines("rows/technicians.csv")[1:]]
        for path in (original, tmp_path / "names.zip")
    )
    assert ids and all(i == shown and i.startswith("tech-") for i, shown in ids)
    words = b"\n".join(Opened(original).content.values())
    assert not [i for i in names if f",{i},".encode() in words]
    assert {i: shown.strip('"') for i, shown in named} == {i: names[i] for i, _ in named} and len(named) == len(ids)


def forged(original: Path, path: Path, **changes: Any) -> tuple[str, str]:
    """What both verifiers say of a statement in which entries were changed and everything sealed again by another key."""
    opened = Opened(original)
    for name, change in changes.items():
        opened.content[name] = change(opened.content[name])
    opened.resealed(path, Ed25519PrivateKey.generate())
    return lines(verify(path, quiet)), "\n".join(tool.verify(path)[0])


def test_figures_forged_with_another_key_are_found_by_recomputation(original: Path, tmp_path: Path) -> None:
    def better(data: bytes) -> bytes:
        answers = json.loads(data)
        own = next(a for a in answers if a["kpi"] == "sla_resolution_compliance")
        own["value"], own["numerator"] = 99.0, own["n"]
        return f.readable(answers)

    def fuller(data: bytes) -> bytes:
        return f.readable(json.loads(data) | {"created_in_period": {"": 1}})

    for said in forged(original, tmp_path / "x.zip", **{f.ANSWERS: better, f.COMPLETENESS: fuller}):
        assert "sla_resolution_compliance" in said and "value is 99.0, the rows give" in said
        assert "statement.html" in said, "the page still shows the old figure"
        assert "completeness.json, created_in_period: is {'': 1}, the rows give" in said


def test_rows_forged_with_another_key_are_found_by_recomputation(original: Path, tmp_path: Path) -> None:
    """One ticket fewer, with its events: everything is sound but the figures."""
    gone = next(line for line in Opened(original).lines("rows/tickets.csv")[1:] if b",incident," in line).split(b",")[0]

    def without(data: bytes) -> bytes:
        return b"".join(line for line in data.splitlines(keepends=True) if gone not in line.split(b",")[:2])

    changes = dict.fromkeys(("rows/tickets.csv", "rows/ticket_events.csv"), without)
    for said in forged(original, tmp_path / "x.zip", **changes):
        assert "answers.json" in said and "the rows give" in said and "seal" not in said


def test_a_page_forged_with_another_key_is_found(original: Path, tmp_path: Path) -> None:
    def shown(data: bytes) -> bytes:
        at = data.index(b'data-figure="0">') + len(b'data-figure="0">')
        return data[:at] + b"99.9 %" + data[data.index(b"<", at) :]

    opened = Opened(original)
    ours = page_findings(shown(opened.content[f.PAGE]).decode(), opened.json(f.ANSWERS), opened.json(f.HEAD))
    assert ours[0].line().startswith("statement.html, figure 0: shows '99.9 %'")
    opened.content[f.PAGE] = shown(opened.content[f.PAGE])
    assert tool.verify(opened.resealed(tmp_path / "x.zip", Ed25519PrivateKey.generate()))[0] == [ours[0].line()]
    said, _ = forged(
        original, tmp_path / "y.zip", **{f.PAGE: lambda data: data.replace(b"Service levels", b"All is well", 1)}
    )
    assert "statement.html, line" in said


# -- what changed since -------------------------------------------------------------------------------------------------


def later(tmp_path: Path) -> tuple[Workspace, Any, str, str]:
    ws, plan = loaded(tmp_path, 2)
    return ws, plan, clients(ws)[0], str(plan.special.year)


def add_rows(ws: Workspace, folder: Path, **tables: str) -> None:
    folder.mkdir(exist_ok=True)
    for table, text in tables.items():
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    with ws.reader() as con:
        as_of = con.execute("SELECT value FROM _meta WHERE key = 'as_of'").fetchall()[0][0]
    import_bundle(ws, folder, as_of=datetime.fromisoformat(as_of))


def test_late_rows_are_listed_with_what_they_did(tmp_path: Path) -> None:
    ws, plan, client, period = later(tmp_path)
    first = issued(ws, client, period, tmp_path / "1.zip")
    at = datetime(plan.special.year, plan.special.month, 20, 9, tzinfo=UTC)
    add_rows(
        ws, tmp_path / "more",
        tickets=f"ticket_id,client_id,created_at,type\nlate-1,{client},{at.isoformat()},incident\n",
        ticket_events=f"event_id,ticket_id,occurred_at,kind\nlate-e,late-1,{at.replace(hour=15).isoformat()},resolved\n",
    )  # fmt: skip
    second = issued(ws, client, period, tmp_path / "2.zip")
    changed = second.changes
    assert changed["earlier"]["root"] == first.root
    assert changed["rows"]["tickets"]["added"] == 1 and changed["rows"]["tickets"]["listed"][0]["key"] == "late-1"
    assert changed["rows"]["ticket_events"]["added"] == 1 and set(changed["rows"]) == {"tickets", "ticket_events"}
    created = next(
        c for c in changed["figures"] if c["figure"].startswith("tickets_created count") and "=" not in c["figure"]
    )
    assert created["now"] == created["then"] + 1 and [b["cause"] for b in created["because"]] == ["rows"]
    assert not verify(tmp_path / "2.zip", quiet, since=tmp_path / "1.zip").findings
    assert tool.verify(tmp_path / "2.zip")[0] == []


def test_each_cause_has_its_effect_and_they_sum_to_the_difference(tmp_path: Path) -> None:
    """Targets are tightened, a holiday is added and a ticket comes late: every difference is the sum of what each did."""
    ws, plan, client, period = later(tmp_path)
    issued(ws, client, period, tmp_path / "1.zip")
    at = datetime(plan.special.year, plan.special.month, 20, 9, tzinfo=UTC)
    targets = rows(plan.folder, "sla_targets")
    text = "sla_policy_id,clock,target_minutes,hours,priority,type\n" + "".join(
        f"{t['sla_policy_id']},{t['clock']},30,{t['hours']},{t.get('priority') or ''},{t.get('type') or ''}\n"
        for t in targets
    )
    days = "calendar_id,day,hours,name\n" + "".join(
        f"{c},{plan.special.year}-{plan.special.month:02d}-{d:02d},,closed\n"
        for c in ("office", "lunch", "night", "always")
        for d in range(5, 25)
    )
    add_rows(ws, tmp_path / "more", sla_targets=text, calendar_exceptions=days,
             tickets=f"ticket_id,client_id,created_at,type\nlate-1,{client},{at.isoformat()},incident\n")  # fmt: skip
    changed = issued(ws, client, period, tmp_path / "2.zip").changes
    seen = set()
    for figure in changed["figures"]:
        effects = [b["effect"] for b in figure["because"]]
        seen |= {b["cause"] for b in figure["because"]}
        if figure["then"] is not None and figure["now"] is not None and None not in effects:
            assert sum(effects) == pytest.approx(figure["now"] - figure["then"], rel=1e-9, abs=1e-9)
    assert seen == {"calendars", "policies", "rows"}


def test_since_must_be_of_the_same_client_and_period(
    world: tuple[Workspace, Any], original: Path, tmp_path: Path
) -> None:
    ws, plan = world
    with pytest.raises(BadRequest, match="another client or period"):
        issued(ws, clients(ws)[0], f"{plan.special:%Y-%m}", tmp_path / "x.zip", since=original)
    (tmp_path / "no.zip").write_bytes(b"nothing")
    with pytest.raises(BadRequest, match="no statement that can be read"):
        issued(ws, clients(ws)[0], str(plan.special.year), tmp_path / "x.zip", since=tmp_path / "no.zip")
    assert not (tmp_path / "x.zip").exists()


# -- keys, scope, commands ----------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "w", Settings())
    first = key_fingerprint(ws.root)
    path = ws.root / "keys" / "statements.pem"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert key_fingerprint(ws.root) == first and len(first) == 64
    path.chmod(0o644)
    with pytest.raises(BadWorkspace, match="others may read the signing key"):
        signing_key(ws.root)
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(BadWorkspace, match="cannot be read"):
        signing_key(ws.root)


def test_a_statement_needs_the_whole_client_and_the_right_to_take_files(
    world: tuple[Workspace, Any], tmp_path: Path
) -> None:
    ws, plan = world
    mine, other = clients(ws)[:2]
    order = Order(client_id=mine, period=str(plan.special.year), out=tmp_path / "x.zip", keep=False)
    export = frozenset({Permission.EXPORT})
    with pytest.raises(Forbidden, match="permission 'export'"):
        issue(ws, client_scope("viewer", frozenset({mine})), order)
    with pytest.raises(Forbidden, match="not within what you may see"):
        issue(ws, client_scope("manager", frozenset({other}), export), order)
    with pytest.raises(Forbidden, match="some teams only"):
        issue(ws, scope_of("lead", export, teams=frozenset({"t"})), order)
    own = issue(ws, client_scope("manager", frozenset({mine}), export), order)
    assert own.figures == issue(ws, operator_scope(), order).figures


@pytest.mark.parametrize("period", ["2026-13", "26", "2026-Q5", "now", "2026-9"])
def test_words_that_are_no_period(period: str, world: tuple[Workspace, Any], tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="write 2026, 2026-Q3 or 2026-09"):
        issued(world[0], clients(world[0])[0], period, tmp_path / "x.zip")


def test_commands_and_exit_statuses(world: tuple[Workspace, Any], original: Path, tmp_path: Path) -> None:
    ws, plan = world
    run = CliRunner()
    out = tmp_path / "s.zip"
    made = run.invoke(app, ["sla", "statement", "--client", clients(ws)[0], "--period", f"{plan.special:%Y-%m}", "--out", str(out),
                            "-w", str(ws.root), "--no-keep", "--source-count", "3"])  # fmt: skip
    assert made.exit_code == 0 and "signed by the key" in made.output
    key = run.invoke(app, ["sla", "key", "-w", str(ws.root)]).output.strip()
    good = run.invoke(app, ["verify", str(out), "--key", key.upper()])
    assert good.exit_code == 0 and "signed by the key that you trust" in " ".join(good.output.split())
    stranger = run.invoke(app, ["verify", str(original), "--format", "json", "--key", "0" * 64])
    assert stranger.exit_code == 1 and json.loads(stranger.stdout)["trusted"] is False
    bad = tmp_path / "bad.zip"
    bad.write_bytes(out.read_bytes()[:-1])
    assert run.invoke(app, ["verify", str(bad), "--format", "json"]).exit_code == 1
    for words in (["verify", str(tmp_path / "none.zip")], ["verify", str(out), "--key", "abc"],
                  ["sla", "statement", "--client", "nobody", "--period", "2026", "--out", str(out), "-w", str(ws.root)]):  # fmt: skip
        refused = run.invoke(app, words)
        assert (refused.exit_code == 2 and refused.exception is None) or isinstance(refused.exception, SystemExit)
    complete = Opened(out).json(f.COMPLETENESS)
    assert complete["source_count"]["declared"] == 3
    assert (
        complete["source_count"]["difference"]
        == 3 - complete["source_count"]["loaded"] - complete["source_count"]["refused"]
    )


def test_the_independent_verifier_stands_alone(original: Path) -> None:
    """One plain file: run by itself, with nothing of the product to import."""
    import subprocess
    import sys

    path = Path(tool.__file__)
    text = path.read_text("utf-8")
    assert "import pacesetter" not in text and "from pacesetter" not in text
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    ran = subprocess.run(
        [sys.executable, str(path), str(original), "--processes", "2"],
        capture_output=True,
        text=True,
        env=clean,
        check=False,
    )
    assert ran.returncode == 0 and "every byte is as it was sealed" in ran.stdout, ran.stdout + ran.stderr
