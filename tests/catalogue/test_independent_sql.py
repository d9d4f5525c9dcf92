"""Every KPI, in each of its variants, against SQL written by hand from the documents, on the simulated MSP made awkward.

Each file ``independent/<id>.sql`` (a rival definition: ``<id>~<variant>.sql``, by cohort: ``<id>@created.sql``) answers one KPI straight
from the canonical tables, by month and client unless its head says otherwise (``-- cut:``, ``-- grain:``). Its columns: ``month`` (not
where the grain is ``all``), the dimensions, ``n``, and the rest by the name of the statistic (after a ``_`` where a dimension has that
name). A KPI without a file fails; what no SQL can say is in ``independent_methods``.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalogue.conftest import AS_OF
from catalogue.independent_methods import METHODS
from catalogue.independent_world import FOLDER, load
from pacesetter.catalogue import registry
from pacesetter.catalogue.desk import Desk

COHORTS = ("backlog", "backlog_age", "comanaged_share", "csat", "csat_response_rate", "customer_efficiency", "sla_at_risk",
           "sla_breaches", "technician_efficiency")  # fmt: skip
"""KPIs that are asked by the creation of their tickets too."""
SPAN = {"first": "2026-05-01", "last": "2026-11-01"}
Place = tuple[str, tuple[Any, ...]]
Values = dict[str, Any]


@pytest.fixture(scope="module")
def told(awkward: Path) -> duckdb.DuckDBPyConnection:
    return load(awkward, int(AS_OF.timestamp()), "cal-berlin")


def head(text: str, word: str, default: str) -> str:
    found = re.search(rf"^-- {word}:(.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else default


def by_hand(con: duckdb.DuckDBPyConnection, text: str, cut: tuple[str, ...]) -> dict[Place, Values]:
    """What the SQL says, by month and group."""
    result = con.execute(text)
    names = [column[0] for column in result.description]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    found = {}
    for row in rows:
        place = (row.pop("month", "all"), tuple(row.pop(name) for name in cut))
        assert place not in found, f"two rows for {place}"
        found[place] = {name.removeprefix("_"): value for name, value in row.items()}
    return {place: row for place, row in found.items() if place[0] == "all" or "2026-05" <= place[0] <= "2026-10"}


def by_product(desk: Desk, name: str, grain: str, cut: tuple[str, ...]) -> dict[Place, Values]:
    """What the evaluator says, by month and group: the value of each statistic, and n."""
    (kpi, _, variant), anchor = name.partition("@")[0].partition("~"), name.partition("@")[2]
    query = desk.query(**SPAN, grain=grain, by=list(cut), variant=variant or None, anchor=anchor or None)
    found: dict[Place, Values] = {}
    for a in desk.ask([kpi], query):
        month = "all" if grain == "all" else datetime.fromtimestamp(a.from_s, desk.zone).strftime("%Y-%m")
        here = found.setdefault((month, tuple(a.dimensions[name] for name in cut)), {})
        here[a.statistic] = a.value
        here.setdefault("n", a.n)
        if "hours_without_rate" in a.extra:
            here["hours_without_rate"] = a.extra["hours_without_rate"]
    return found


def same(told: Any, found: Any) -> bool:
    if told is None or found is None:
        return told is None and found is None
    return isclose(float(told), float(found), rel_tol=1e-9, abs_tol=1e-7)


def differences(told: dict[Place, Values], found: dict[Place, Values]) -> Iterator[str]:
    """What is not the same. Where the SQL has no row there is nothing to count: no number, or 0."""
    for place in sorted({*told, *found}, key=str):
        theirs, ours = told.get(place), found.get(place, {})
        for name in ours if theirs is None else theirs:
            known = ours.get(name)
            if (known not in (None, 0)) if theirs is None else not same(theirs[name], known):
                yield f"{place} {name}: by hand {theirs and theirs[name]}, product {known}"


def reckoned(con: duckdb.DuckDBPyConnection, name: str, text: str, cut: tuple[str, ...]) -> dict[Place, Values]:
    """What SQL, or for clusters plain Python, says."""
    return METHODS[name](con) if name in METHODS else by_hand(con, text, cut)


def every() -> list[str]:
    """Every KPI and, after a ``~``, each of its rival definitions; after an ``@``, those by cohort."""
    own = [name for kpi in registry.catalogue().values() for name in (kpi.id, *(f"{kpi.id}~{v}" for v in kpi.variants))]
    return [*own, *(f"{kpi}@created" for kpi in COHORTS)]


@pytest.mark.parametrize("name", every())
def test_every_kpi_against_sql_of_its_own(name: str, asked: Desk, told: duckdb.DuckDBPyConnection) -> None:
    path = FOLDER / f"{name}.sql"
    assert path.exists() or name in METHODS, f"no SQL of its own: write {path}"
    text = "" if name in METHODS else path.read_text("utf-8")
    cut = tuple(word.strip() for word in head(text, "cut", "client").split(",") if word.strip())
    expected = reckoned(told, name, text, cut)
    found = by_product(asked, name, head(text, "grain", "month"), cut)
    problems = list(differences(expected, found))
    assert not problems, f"{len(problems)} differences\n" + "\n".join(problems[:25])
    assert any(v for row in expected.values() for word, v in row.items() if word != "n"), "nothing to compare"


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.sql")} <= set(every())
