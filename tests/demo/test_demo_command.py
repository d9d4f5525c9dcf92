"""The command: a workspace marked as simulated, a bundle, and refusals in one plain line."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from pacesetter.cli.demo_commands import demo
from pacesetter.cli.main import PlainGroup
from pacesetter.warehouse.workspace import Workspace

app = typer.Typer(cls=PlainGroup)
app.command("demo")(demo)
app.command("nothing")(lambda: None)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["demo", *words])


def test_a_workspace_that_says_that_it_is_simulated(tmp_path: Path) -> None:
    result = run("--size", "small", "-w", str(tmp_path / "ws"))
    assert result.exit_code == 0, result.output
    assert "Lanternfish IT (simulated)" in result.stdout
    ws = Workspace.open(tmp_path / "ws")
    assert ws.settings.simulated and ws.settings.calendar == "cal-headquarters"
    with ws.reader() as con:
        assert con.execute("SELECT count(*) > 1500 FROM tickets").fetchall() == [(True,)]
        assert con.execute("SELECT count(*) FROM _quarantine").fetchall() == [(0,)]
        disagree = con.execute("SELECT DISTINCT kind, detail FROM _defects WHERE detail <> 'status'").fetchall()
        assert disagree == []
    assert [p.name for p in (tmp_path / "ws").iterdir() if p.name.startswith(".simulated")] == []
    again = run("--size", "small", "-w", str(tmp_path / "ws"))
    assert (
        again.exit_code == 2 and "has records already" in again.stderr and len(again.stderr.strip().splitlines()) == 1
    )


def test_a_bundle_and_no_workspace(tmp_path: Path) -> None:
    result = run("--size", "small", "--seed", "3", "--bundle", str(tmp_path / "b"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "b" / "tickets.csv").exists() and not (tmp_path / "b" / "pacesetter.toml").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--size", "tiny"], "--size: 'tiny' is not a size; take one of small, medium, large, huge"),
        (["--as-of", "soon"], "--as-of: 'soon' is not an instant; write 2026-11-01T00:00:00Z"),
        (["--as-of", "1800-01-01T00:00:00Z"], "'1800-01-01T00:00:00Z' lies outside of the years 1970 to 2199"),
        (["--as-of", "0001-01-01T00:00:00+02:00"], "lies outside of the years 1970 to 2199"),
        (["--as-of", "2200-01-01T00:00:00Z"], "lies outside of the years 1970 to 2199"),
        (["--as-of", "2026-11-01T00:00:00"], "--as-of: '2026-11-01T00:00:00' has no offset; add Z or an offset"),
    ],
)
def test_refusals_are_one_plain_line(tmp_path: Path, words: list[str], line: str) -> None:
    result = run(*words, "-w", str(tmp_path / "ws"))
    assert result.exit_code == 2 and line in result.stderr and "Traceback" not in result.output
    assert not (tmp_path / "ws").exists()


def test_a_real_workspace_is_left_alone(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "ws")
    result = run("--size", "small", "-w", str(tmp_path / "ws"))
    assert result.exit_code == 2 and "not marked as simulated" in result.stderr


def test_another_instant_ends_within_a_month(tmp_path: Path) -> None:
    result = run("--size", "small", "--as-of", "2026-03-17T12:00:00+01:00", "--bundle", str(tmp_path / "b"))
    assert result.exit_code == 0, result.output
    last = max(line.split(",")[2] for line in (tmp_path / "b" / "tickets.csv").read_text().splitlines()[1:])
    assert "2026-03-16" < last < "2026-03-17T11:00:00Z"
