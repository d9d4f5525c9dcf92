"""The command line as scripts meet it: formats, order of keys, exit statuses, one plain line for what is wrong."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from pacesetter.cli.main import app
from pacesetter.warehouse import facts

NOW = {"PACESETTER_NOW": "2026-11-21T08:00:00Z"}
KEYS = [
    "kpi", "statistic", "value", "unit", "numerator", "denominator", "n", "excluded", "reason", "from", "to", "grain",
    "dimensions", "anchor", "hours", "variant", "as_of", "partial", "small_n", "ci", "target", "status", "benchmark",
    "notes", "population",
]  # fmt: skip


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(w) for w in words], env=NOW)


def write(folder: Path, **tables: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 tickets of October that waited 20 minutes each in Berlin, one merged one, one of November, still open."""
    root = tmp_path_factory.mktemp("cli")
    tickets = ["ticket_id,client_id,created_at,type,first_response_at,resolved_at,merged_into"]
    for n in range(20):
        day = f"2026-10-{n + 5:02d}"
        tickets.append(f"T{n:02d},acme,{day}T08:00:00+02:00,incident,{day}T08:20:00+02:00,{day}T09:00:00+02:00,")
    tickets.append("M1,acme,2026-10-06T08:00:00+02:00,incident,2026-10-06T08:30:00+02:00,,T01")
    tickets.append("N1,bolt,2026-11-02T08:00:00+01:00,request,,,")
    bundle = write(root / "bundle", clients="client_id,name\nacme,Acme\nbolt,Bolt\n", tickets="\n".join(tickets) + "\n")
    assert run("init", root / "ws", "--time-zone", "Europe/Berlin").exit_code == 0
    result = run("import", bundle, "-w", root / "ws")
    assert result.exit_code == 0, result.output
    return root / "ws"


OCTOBER = ("--from", "2026-10-01", "--to", "2026-11-01")


def asked(desk: Path, *words: str) -> list[dict[str, object]]:
    result = run("kpi", "get", *words, "--format", "json", "-w", desk)
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_the_answer_has_the_settled_keys_in_their_order(desk: Path) -> None:
    # 400 minutes waiting over 20 tickets are 20 minutes
    answers = asked(desk, "first_response_time", *OCTOBER, "--grain", "month", "--by", "client", "--hours", "calendar")
    mean = answers[0]
    assert list(mean)[: len(KEYS)] == KEYS
    assert [a["statistic"] for a in answers] == ["mean", "median", "p90"]
    assert (mean["value"], mean["unit"], mean["numerator"], mean["denominator"], mean["n"]) == (
        1200.0,
        "s",
        24000.0,
        20,
        20,
    )
    assert mean["excluded"] == {"merged": 1}
    assert (mean["from"], mean["to"]) == ("2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00")
    assert (mean["grain"], mean["dimensions"], mean["anchor"]) == ("month", {"client": "acme"}, "first_response")
    assert (mean["hours"], mean["as_of"], mean["partial"]) == ("calendar", "2026-11-21T09:00:00+01:00", False)


def test_answers_are_ordered_by_kpi_period_and_group(desk: Path) -> None:
    answers = asked(desk, "tickets_created", "backlog", "--from", "2026-10-01", "--to", "2026-12-01", "--grain", "month",
                    "--by", "client")  # fmt: skip
    places = [(a["kpi"], a["from"], a["dimensions"]["client"]) for a in answers]  # type: ignore[index]
    assert places == sorted(places, key=lambda p: (["tickets_created", "backlog"].index(p[0]), p[1], p[2]))
    assert [a["partial"] for a in answers if a["kpi"] == "tickets_created"] == [False, False, True, True]


def test_a_period_without_rows_is_there_and_says_why_it_has_no_share(desk: Path) -> None:
    june = ("--from", "2026-06-01", "--to", "2026-07-01", "--grain", "month")
    [count] = asked(desk, "tickets_created", *june)
    assert (count["value"], count["reason"]) == (0, None)
    mean = asked(desk, "resolution_time", *june)[0]
    assert mean["value"] is None and mean["reason"]


def test_as_of_takes_back_what_happened_later(desk: Path) -> None:
    [count] = asked(desk, "tickets_resolved", *OCTOBER, "--as-of", "2026-10-10T00:00:00+02:00")
    assert (count["value"], count["partial"], count["as_of"]) == (5, True, "2026-10-10T00:00:00+02:00")


def test_rows_recompute_to_the_number(desk: Path) -> None:
    words = ("first_response_time", *OCTOBER, "--hours", "calendar", "--format", "json", "-w", str(desk))
    rows = json.loads(run("kpi", "rows", *words, "--part", "numerator").stdout)
    assert len(rows) == 20 and sum(r["value"] for r in rows) == 24000
    assert len(json.loads(run("kpi", "rows", *words, "--part", "denominator").stdout)) == 20
    assert rows[0]["ticket_id"] == "T00"
    out = json.loads(run("kpi", "rows", *words, "--part", "excluded").stdout)
    assert [(r["ticket_id"], r["reason"]) for r in out] == [("M1", "merged")]


def test_the_rows_of_a_computation_come_with_how_they_give_the_number(desk: Path) -> None:
    words = ("kpi", "rows", "time_to_resolution_median_km", *OCTOBER, "-w", str(desk))
    head = " ".join(run(*words).stdout.split())
    assert head.startswith("the number from these rows: take the rows by lived_s. The share still open is 1 at first;")
    assert "the number from these rows" not in run(*words, "--part", "excluded").stdout
    assert next(csv.DictReader(io.StringIO(run(*words, "--format", "csv").stdout)))["is_resolved"] in "01"
    assert "rows take the rows by lived_s." in " ".join(
        run("kpi", "show", "time_to_resolution_median_km", "-w", str(desk)).stdout.split()
    )


def test_csv_and_parquet_say_the_same_as_json(desk: Path, tmp_path: Path) -> None:
    words = ("kpi", "get", "resolution_time", *OCTOBER, "--by", "client", "-w", str(desk))
    objects = json.loads(run(*words, "--format", "json").stdout)
    lines = list(csv.DictReader(io.StringIO(run(*words, "--format", "csv").stdout)))
    assert [float(line["value"]) for line in lines] == [o["value"] for o in objects]
    assert lines[0]["client"] == "acme"
    assert run(*words, "--format", "parquet", "--out", tmp_path / "a.parquet").exit_code == 0
    assert pq.read_table(tmp_path / "a.parquet").column("value").to_pylist() == [o["value"] for o in objects]


def test_the_table_speaks_in_words(desk: Path) -> None:
    result = run("kpi", "get", "first_response_time", *OCTOBER, "-w", desk)
    assert "20 m" in result.stdout and "First response time" in result.stdout and "1200" not in result.stdout
    assert "1 merged" in result.stdout


REFUSED = [
    (("kpi", "get", "nonsense"), "there is no KPI 'nonsense'"),
    (("kpi", "get", "tickets_creatde"), "did you mean tickets_created"),
    (("kpi", "get", "tickets_created", "--from", "2026-13-01"), "'2026-13-01' is not a day"),
    (("kpi", "get", "tickets_created", "--from", "2026-10-02", "--to", "2026-10-01"), "is empty"),
    (("kpi", "get", "tickets_created", "--grain", "fortnight"), "there is no grain 'fortnight'"),
    (("kpi", "get", "tickets_created", "--by", "colour"), "there is no dimension 'colour'"),
    (("kpi", "get", "tickets_created", "--where", "client"), "is no condition"),
    (("kpi", "get", "tickets_created", "--anchor", "due"), "'due'"),
    (
        ("kpi", "get", "cost_per_ticket", "--anchor", "created"),
        "cannot be asked by creation: its rows (support costs) are not of single",
    ),
    (
        ("kpi", "rows", "tickets_per_shift", "--anchor", "created"),
        "cannot be asked by creation: its rows (shifts) are not of single tickets",
    ),
    (("kpi", "get", "backlog", "--by", "hour"), "have no dimension 'hour': they stand at the end of a period"),
    (("kpi", "get", "tickets_created", "--hours", "lunch"), "'lunch' is no kind of hours"),
    (("kpi", "get", "tickets_created", "--variant", "odd"), "no variant 'odd'"),
    (("kpi", "get", "tickets_created", "--as-of", "yesterday"), "'yesterday' is not an instant"),
    (("kpi", "get", "tickets_created", "--time-zone", "Mars/Olympus"), "is not an IANA time zone"),
    (("kpi", "get", "tickets_created", "--by", "x_colour"), "no attribute 'x_colour'"),
    (("kpi", "rows", "tickets_created", "--part", "middle"), "'middle' is no part"),
    (("kpi", "rows", "tickets_created", "--part", "denominator"), "has no denominator"),
    (("kpi", "show", "nonsense"), "there is no KPI"),
    (("kpi", "get"), "Missing argument"),
    (("kpi", "bake"), "No such command"),
    (("import", "/no/such/bundle"), "/no/such/bundle"),
]


@pytest.mark.parametrize(("words", "says"), REFUSED, ids=lambda v: v if isinstance(v, str) else "")
def test_a_wrong_request_gets_one_plain_line_and_status_2(desk: Path, words: tuple[str, ...], says: str) -> None:
    where = () if words[1] in ("show", "bake") else ("-w", str(desk))
    result = run(*words, *where)
    assert result.exit_code == 2
    assert says in result.stderr
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("pacesetter: ") and "Traceback" not in result.output
    assert result.stdout == ""


def test_no_workspace_is_said_with_the_command_that_makes_one(tmp_path: Path) -> None:
    result = run("kpi", "get", "tickets_created", "-w", tmp_path)
    assert result.exit_code == 2 and "pacesetter init" in result.stderr


def test_nothing_imported_yet_is_said(tmp_path: Path) -> None:
    run("init", tmp_path / "ws")
    result = run("kpi", "get", "tickets_created", "-w", tmp_path / "ws")
    assert result.exit_code == 2 and "nothing has been imported yet" in result.stderr


def test_rows_in_quarantine_are_status_1(tmp_path: Path) -> None:
    bundle = write(
        tmp_path / "bundle",
        clients="client_id,name\nacme,Acme\n",
        tickets="ticket_id,client_id,created_at\nT1,acme,2026-10-01T00:00:00Z\nT2,nobody,2026-10-01T00:00:00Z\n",
    )
    run("init", tmp_path / "ws")
    result = run("import", bundle, "-w", tmp_path / "ws")
    assert result.exit_code == 1 and "1 rows are in quarantine" in result.stdout
    doctor = run("doctor", "-w", tmp_path / "ws")
    assert doctor.exit_code == 1 and "nobody" in doctor.stdout
    [count] = asked(tmp_path / "ws", "tickets_created")
    assert count["value"] == 1


def test_settings_that_mean_nothing_are_refused_by_name(tmp_path: Path) -> None:
    run("init", tmp_path / "ws")
    file = tmp_path / "ws" / "pacesetter.toml"
    for text, says in (
        ('time_zone = "Mars/Olympus"', "time_zone"),
        ('currency = "euro"', "currency"),
        ("colour = 1", "colour: unknown setting"),
        ("time_zone = ", "not valid TOML"),
        ("[rules]\nfirst_contact_window_days = -1", "rules.first_contact_window_days"),
    ):
        file.write_text(text, encoding="utf-8")
        result = run("doctor", "-w", tmp_path / "ws")
        assert result.exit_code == 2 and says in result.stderr and "pacesetter.toml" in result.stderr


def test_list_names_every_kpi_of_the_catalogue_with_its_family() -> None:
    listed = json.loads(run("kpi", "list", "--format", "json").stdout)
    assert {"id", "family", "unit", "better", "anchor"} <= set(listed[0])
    assert len({k["id"] for k in listed}) == len(listed) > 20
    assert "Speed" in run("kpi", "list").stdout


def test_every_kpi_can_be_shown() -> None:
    for kpi in json.loads(run("kpi", "list", "--format", "json").stdout):
        result = run("kpi", "show", kpi["id"])
        assert result.exit_code == 0 and "example" in result.stdout, kpi["id"]


def test_ids_complete_in_the_shell() -> None:
    environment = os.environ | {"COMP_WORDS": "pacesetter kpi get reop", "COMP_CWORD": "3"}
    command = Path(sys.executable).with_name("pacesetter")
    done = subprocess.run(
        [command],
        env=environment | {"_PACESETTER_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["reopen_rate"]


def test_a_closed_pipe_is_no_fault(desk: Path) -> None:
    command = Path(sys.executable).with_name("pacesetter")
    asking = f"{command} kpi get tickets_created --grain day --format json -w {desk} | head -c 10"
    done = subprocess.run(["bash", "-c", asking], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and "fault" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--where", "client=nope"), "--where: there is no client 'nope'"),
        (("--from", "9999-12-31"), "--from: '9999-12-31' lies outside of the years 1970 to 2199"),
        (("--as-of", "0001-01-01"), "--as-of: '0001-01-01' lies outside of the years 1970 to 2199"),
        (("--to", "2199-12-31", "--grain", "hour"), "200,000 periods are too many; choose a coarser --grain or a shorter span"),
        (("--format", "csv", "--out", "."), "--out: . cannot be written (Is a directory)"),
    ],
)  # fmt: skip
def test_what_was_mistyped_is_said(desk: Path, words: tuple[str, ...], said: str) -> None:
    result = run("kpi", "get", "tickets_created", *words, "-w", desk)
    assert (result.exit_code, result.stdout, result.stderr.splitlines()[-1]) == (2, "", f"pacesetter: {said}")


def test_rows_go_to_standard_output_with_nothing_beside_them(desk: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pacesetter.cli.main import main; main()", "kpi", "rows", "tickets_created", *OCTOBER,
         "--format", "csv", "-w", str(desk)],
        capture_output=True, text=True, env=os.environ | NOW, check=True,
    )  # fmt: skip
    assert len(list(csv.DictReader(io.StringIO(done.stdout)))) == 20 and done.stderr == ""


def test_what_another_version_derived_is_not_read_but_derived_anew(
    tmp_path: Path, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = write(
        tmp_path / "b",
        clients="client_id,name\nacme,Acme\n",
        tickets="ticket_id,client_id,created_at\nT1,acme,2026-10-01T08:00:00Z\n",
    )
    assert run("init", tmp_path / "ws").exit_code == 0
    with monkeypatch.context() as other:
        other.setattr(facts, "_derivation", lambda: "another version")
        assert run("import", bundle, "-w", tmp_path / "ws").exit_code == 0
    refused = run("kpi", "get", "tickets_created", "-w", tmp_path / "ws")
    assert refused.exit_code == 2 and "derive it anew with 'pacesetter rebuild'" in refused.stderr
    assert run("rebuild", "-w", tmp_path / "ws").exit_code == 0
    assert asked(tmp_path / "ws", "tickets_created")[0]["value"] == 1


def test_without_a_ticket_there_is_no_span_and_no_number(tmp_path: Path) -> None:
    bundle = write(tmp_path / "bundle", clients="client_id,name\nacme,Acme\n",
                   invoice_lines="line_id,client_id,invoiced_on,amount,is_recurring\n1,acme,2026-11-21,1000,true\n")  # fmt: skip
    assert run("init", tmp_path / "ws").exit_code == 0
    assert run("import", bundle, "-w", tmp_path / "ws").exit_code == 0
    words = ("recurring_revenue_rate", "tickets_created", "backlog", "average_revenue_per_user")
    for answer in asked(tmp_path / "ws", *words):
        assert answer["value"] is None and answer["reason"], answer
    rate = asked(tmp_path / "ws", "recurring_revenue_rate")[0]
    assert "no data: there is no ticket" in str(rate["reason"])
    assert "no data: there is no ticket" in " ".join(
        run("kpi", "get", "recurring_revenue_rate", "-w", tmp_path / "ws").stdout.split()
    )
    named = asked(tmp_path / "ws", "recurring_revenue_rate", "--from", "2026-11-01")
    assert named[0]["value"] == 100, "with a span that is named there is a number"


@pytest.mark.parametrize(
    "words",
    [("import", "bundle"), ("doctor",), ("verify", "statement.zip"), ("mapping", "list")],
)
def test_a_form_that_a_command_does_not_have_is_refused(desk: Path, words: tuple[str, ...]) -> None:
    where = ("-w", desk) if words[0] in ("import", "doctor") else ()
    for form in ("csv", "parquet"):
        result = run(*words, "--format", form, *where)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.strip() == f"pacesetter: --format: there is no {form} of this; write table or json"
    result = run("export", "somewhere", "--format", "json", "-w", desk)
    assert result.exit_code == 2 and "there is no json of this; write csv or parquet" in result.stderr
