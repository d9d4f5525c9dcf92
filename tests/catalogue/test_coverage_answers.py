"""Every command of the coverage table, as it stands there, gives a value on the small simulated MSP."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pacesetter.catalogue import registry
from pacesetter.catalogue.desk import Desk
from pacesetter.cli.main import app
from pacesetter.warehouse.workspace import Workspace

TEXT = (Path(__file__).parents[2] / "docs" / "reference" / "coverage.md").read_text("utf-8")
COMMANDS = re.findall(r"^\| (.+?) \| `pacesetter kpi get (\S+)(.*?) -w demo-workspace` \|$", TEXT, re.MULTILINE)


def test_every_kpi_has_a_line() -> None:
    assert {kpi for _, kpi, _ in COMMANDS} == registry.catalogue().keys()
    assert len(COMMANDS) == TEXT.count("pacesetter kpi get"), "a line of another shape"


@pytest.mark.parametrize(("name", "kpi", "words"), COMMANDS, ids=[c[1] for c in COMMANDS])
def test_the_command_gives_a_value(name: str, kpi: str, words: str, desk: Desk) -> None:
    told = dict(re.findall(r"--(\S+) (\S+)", words))
    assert not re.sub(r"--(\S+) (\S+)", "", words).strip() and told.keys() <= {"grain", "by", "variant"}
    by = told.get("by", "").split(",") if "by" in told else []
    answers = desk.ask([kpi], desk.query(grain=told.get("grain", "all"), by=by, variant=told.get("variant")))
    known = [a for a in answers if a.value is not None]
    assert known, f"{name}: {sorted({a.reason for a in answers})}"
    variants = {a.variant for a in answers}
    silent = variants - {a.variant for a in known}
    assert not silent, f"{name}: no value in the variants {silent}"


@pytest.mark.parametrize("line", [0, len(COMMANDS) // 2, len(COMMANDS) - 1])
def test_the_command_line_takes_it_as_it_stands(line: int, whole: Workspace) -> None:
    _, kpi, words = COMMANDS[line]
    result = CliRunner().invoke(app, ["kpi", "get", kpi, *words.split(), "-w", str(whole.root)])
    assert result.exit_code == 0, result.output
    assert registry.catalogue()[kpi].title in result.stdout
