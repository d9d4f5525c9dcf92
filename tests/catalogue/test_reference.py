"""The reference is there, complete, and what the declarations say today; the coverage table answers on the demo workspace."""

import shlex
from pathlib import Path

import pytest

from pacesetter.catalogue import registry
from pacesetter.catalogue.coverage import COVERAGE
from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.reference import pages

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
WRITE_AGAIN = "run: python -m pacesetter.catalogue.reference docs/reference"
SECTIONS = (
    "## Meaning",
    "## Variants",
    "## Needs",
    "## Traps",
    "## Worked example",
    "## Published figures",
    "## Who asks",
    "## Ask it",
)
KPIS = registry.catalogue()


@pytest.mark.parametrize("name", pages())
def test_page_is_there_and_current(name: str) -> None:
    file = FOLDER / name
    assert file.is_file(), WRITE_AGAIN
    assert file.read_text(encoding="utf-8") == pages()[name], WRITE_AGAIN


def test_no_page_is_left_over() -> None:
    assert {f"kpis/{p.name}" for p in (FOLDER / "kpis").glob("*")} == {n for n in pages() if n.startswith("kpis/")}


@pytest.mark.parametrize("kpi_id", KPIS)
def test_a_page_says_everything(kpi_id: str) -> None:
    text, kpi = pages()[f"kpis/{kpi_id}.md"], KPIS[kpi_id]
    assert not [s for s in SECTIONS if s not in text]
    assert kpi.question in text and kpi.example.text[1:] in text and kpi.users


def test_every_kpi_has_a_name_of_the_field() -> None:
    assert {kpi_id for _, kpi_id, _ in COVERAGE} == set(KPIS)


@pytest.mark.parametrize(("name", "kpi_id", "words"), COVERAGE)
def test_the_command_answers(desk: Desk, name: str, kpi_id: str, words: str) -> None:
    given = shlex.split(words or "--grain month")
    options = dict(zip(given[::2], given[1::2], strict=True))
    query = desk.query(
        grain=options.get("--grain", "all"), by=options.get("--by", "").split(",") if "--by" in options else (),
        variant=options.get("--variant"),
    )  # fmt: skip
    assert any(a.value is not None for a in desk.ask([kpi_id], query)), name
