"""The documents are held to the code."""

import re
from pathlib import Path

import pytest

from pacesetter.model.reference_page import page

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_model_page_is_the_one_that_the_code_gives() -> None:
    assert (ROOT / "docs/reference/model.md").read_text("utf-8") == page(), (
        "run python -m pacesetter.model.reference_page"
    )


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 150


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    dead = [
        target
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not dead, dead


def test_every_command_of_the_readme_exists() -> None:
    from typer.testing import CliRunner

    from pacesetter.cli.main import app

    text = (ROOT / "README.md").read_text("utf-8")
    commands = set(re.findall(r"^pacesetter ((?:[a-z-]+ ?){1,2})", text, re.M))
    assert commands
    for command in commands:
        words = command.split()
        groups = ("kpi", "mapping", "calendar", "sla", "ticket")
        result = CliRunner().invoke(app, [*(words[:2] if words[0] in groups else words[:1]), "--help"])
        assert result.exit_code == 0, command
