"""A workspace's own KPIs: the same record in TOML, one per file in the folder ``kpis``, under the same grammar and rules.

Owns the file's shape and its messages. There is no code in such a file and no way from it to another table: expressions are those of
``engine.dialect`` over one fact. Must not know engines.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pacesetter.catalogue import registry
from pacesetter.catalogue.facts import FACTS
from pacesetter.catalogue.record import Better, Definition, Example, Formula, Kpi, Part, Unit
from pacesetter.errors import BadDefinition
from pacesetter.settings import settings_complaint

FOLDER = "kpis"
MAX_BYTES = 64_000
PEOPLE_FACTS = frozenset({"work", "presence", "shifts", "technicians", "tool_technicians", "suggestions"})
HOURS = ("business", "calendar", "sla")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OwnPart(_Strict):
    """One part as it is written in the file."""

    fact: str
    anchor: str
    value: str = "1"
    where: str = "TRUE"
    distinct: bool = False
    key: str = "ticket_key"


class OwnDefinition(_Strict):
    """One definition as it is written in the file."""

    text: str = Field(min_length=1)
    numerator: OwnPart
    denominator: OwnPart | None = None
    formula: Formula = Formula.RATIO
    scale: float = Field(default=1.0, allow_inf_nan=False)
    statistics: tuple[str, ...] = ("ratio",)
    needs: tuple[str, ...] = ()


class OwnExample(_Strict):
    """The worked example."""

    text: str = Field(min_length=1)
    value: float


class OwnKpi(OwnDefinition):
    """One file."""

    id: str
    title: str = Field(min_length=1)
    question: str = Field(min_length=1)
    unit: Unit
    better: Better
    hours: str | None = None
    people: bool = False
    floor: int = Field(default=30, ge=0)
    caveats: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    example: OwnExample
    revision: int = Field(default=1, ge=1)
    default_variant: str | None = None
    variants: dict[str, OwnDefinition] = Field(default_factory=dict)


def read_own(root: Path) -> Mapping[str, Kpi]:
    """The KPIs of the workspace in ``root``, by id. Raises BadDefinition with the file and what is wrong in it."""
    found: dict[str, Kpi] = {}
    folder = root / FOLDER
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        kpi = replace(read_kpi(path), source=path.relative_to(root).as_posix())
        if kpi.id in found or kpi.id in registry.catalogue():
            raise BadDefinition(f"there is a KPI '{kpi.id}' already", where=str(path), do="choose another id")
        found[kpi.id] = kpi
    return found


def read_kpi(path: Path) -> Kpi:
    """The KPI in one file."""
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise BadDefinition(f"the file is longer than {MAX_BYTES} bytes", where=str(path))
        return kpi_of(tomllib.loads(raw.decode("utf-8")), str(path))
    except OSError as error:
        raise BadDefinition(f"the file cannot be read ({error.strerror})", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadDefinition(f"not valid TOML ({error})", where=str(path)) from None


def kpi_of(content: Mapping[str, Any], where: str) -> Kpi:
    """The KPI in the content of a file. Raises BadDefinition with the key and what is wrong."""
    try:
        told = OwnKpi.model_validate(content)
    except ValidationError as error:
        raise BadDefinition(settings_complaint(error).replace("unknown setting", "unknown key"), where=where) from None
    definitions = [told, *told.variants.values()]
    facts = {p.fact for d in definitions for p in (d.numerator, d.denominator) if p is not None}
    if told.hours is not None and told.hours not in HOURS:
        raise BadDefinition(
            f"hours: '{told.hours}' is no kind of hours", where=where, do=f"choose of {', '.join(HOURS)}"
        )
    for told_definition in definitions:
        named = set(told_definition.statistics)
        if not named or (named & {"median", "p90"} and told.unit is not Unit.SECONDS):
            raise BadDefinition("statistics: median and p90 are those of durations (unit s)", where=where)
    kpi = Kpi(
        id=told.id, family=_family(facts), title=told.title, question=told.question, unit=told.unit, better=told.better,
        definition=_definition(told), variants={n: _definition(d) for n, d in told.variants.items()},
        default_variant=told.default_variant or ("default" if told.variants else None), hours=told.hours,
        people=told.people, instant=any(FACTS[f].instant for f in facts if f in FACTS), floor=told.floor,
        caveats=told.caveats, users=told.users, example=Example(text=told.example.text, value=told.example.value),
        revision=told.revision,
    )  # fmt: skip
    try:
        registry.check(kpi)
    except BadDefinition as error:
        raise BadDefinition(f"{error.where}: {error.what}", where=where, do=error.do) from None
    return kpi


def _family(facts: set[str]) -> str:
    """Where it belongs, and so which permission it needs: money to G, people to F, everything else to C."""
    if any(FACTS[f].money for f in facts if f in FACTS):
        return "G"
    return "F" if facts & PEOPLE_FACTS else "C"


def _definition(told: OwnDefinition) -> Definition:
    return Definition(
        text=told.text, numerator=_part(told.numerator), denominator=_part(told.denominator) if told.denominator else None,
        formula=told.formula, scale=told.scale, statistics=told.statistics, needs=told.needs,
        additive=not (told.numerator.distinct or FACTS[told.numerator.fact].periodic) if told.numerator.fact in FACTS else True,
    )  # fmt: skip


def _part(told: OwnPart) -> Part:
    return Part(
        fact=told.fact, anchor=told.anchor, value=told.value, where=told.where, distinct=told.distinct, key=told.key
    )
