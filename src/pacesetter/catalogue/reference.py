"""The reference pages of the KPIs, written from their declarations: ``python -m pacesetter.catalogue.reference docs/reference``.

Owns the text of ``docs/reference/kpis/<id>.md``, their index and ``docs/reference/coverage.md``; a test fails where one is missing or
stale. Must not know how answers are computed.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pacesetter.catalogue import registry
from pacesetter.catalogue.asked import anchors_of, why_not_by
from pacesetter.catalogue.benchmarks import BENCHMARKS, Benchmark
from pacesetter.catalogue.coverage import COVERAGE
from pacesetter.catalogue.facts import CREATED, DIMENSIONS, FACTS, TIME_DIMENSIONS
from pacesetter.catalogue.needs import NEEDS
from pacesetter.catalogue.record import Better, Definition, Formula, Kpi, Part

_NOTE = "<!-- Written by python -m pacesetter.catalogue.reference from the declaration. -->"
_UNITS = {
    "s": "seconds", "percent": "percent (0–100)", "points": "points", "count": "a count", "ratio": "a ratio",
    "currency": "the workspace's currency", "hours": "hours", "days": "days",
}  # fmt: skip


def pages() -> dict[str, str]:
    """Every file by its path below ``docs/reference``."""
    known = registry.catalogue()
    found = {f"kpis/{kpi.id}.md": page(kpi) for kpi in known.values()}
    found["kpis/README.md"] = "\n".join(_index(known)) + "\n"
    found["coverage.md"] = "\n".join(_coverage(known)) + "\n"
    return found


def page(kpi: Kpi) -> str:
    """The page of one KPI."""
    return "\n".join(_page(kpi)) + "\n"


def _page(kpi: Kpi) -> Iterator[str]:
    yield from (
        _NOTE,
        f"# {kpi.title}",
        "",
        f"`{kpi.id}` · family {kpi.family}, {registry.FAMILIES[kpi.family]} · revision {kpi.revision}",
    )
    yield from ("", f"**{kpi.question}**", "", "## Meaning", "")
    yield f"{_upper(kpi.definition.text)}."
    yield from ("", *_formula(kpi.definition), "", "| | |", "|---|---|")
    yield f"| unit | {_UNITS[kpi.unit.value]} |"
    better = kpi.better.value if kpi.better is not Better.NEITHER else "neither by itself"
    yield f"| better | {better}{' (a target is a band)' if kpi.band else ''} |"
    yield f"| anchor | `{kpi.anchor}`; {_anchors(kpi)} |"
    yield f"| hours | {_hours(kpi)} |"
    yield f"| population | {_population(kpi)} |"
    yield f"| cut by | {_listed(f'`{d}`' for d in _dimensions(kpi))} |"
    yield f"| statistics | {_listed(f'`{s}`' for s in (*kpi.definition.statistics, *kpi.definition.companions))} |"
    yield f"| adds up over time | {_additive(kpi)} |"
    yield f"| small below | n = {kpi.floor} |"
    yield from ("", "## Variants", "")
    yield from _variants(kpi)
    yield from ("", "## Needs", "")
    needs = dict.fromkeys(n for d in (kpi.definition, *kpi.variants.values()) for n in d.needs)
    yield from ([f"- {NEEDS[n].text}" for n in needs] or ["- nothing but tickets"])
    yield from ("", "## Traps", "")
    yield from ([f"- {c}" for c in kpi.caveats] or ["- none of its own; the [rules for every KPI](README.md) hold"])
    yield from ("", "## Worked example", "", f"{_upper(kpi.example.text)}.", "", "## Published figures", "")
    yield from _benchmarks([b for b in BENCHMARKS if b.kpi == kpi.id])
    yield from (
        "",
        "## Who asks",
        "",
        f"{_upper(_listed(kpi.users)) if kpi.users else 'Whoever runs the service'}.",
        "",
    )
    yield from ("## Ask it", "", "```", _command(kpi), f"pacesetter kpi rows {kpi.id} --part numerator", "```")


def _formula(definition: Definition) -> Iterator[str]:
    yield "```"
    if definition.method:
        yield f"method  {definition.method}, over rows of {definition.numerator.fact} by {definition.numerator.anchor}"
    else:
        yield f"        {_part(definition.numerator)}"
        if definition.denominator:
            sign = "−" if definition.formula is Formula.DIFFERENCE else "÷"
            yield f"{sign}       {_part(definition.denominator)}"
        if definition.scale != 1:
            yield f"×       {definition.scale:g}"
    yield "```"
    if definition.recompute:
        yield f"\nThe rows (`pacesetter kpi rows`) give it so: {definition.recompute}."
    for name, companion in definition.companions.items():
        yield f"\n`{name}` ({_UNITS[companion.unit.value]}): {companion.definition.text}."
    if definition.listing:
        yield f"\nThe answer lists `{definition.listing.name}`: its rows by `{definition.listing.column}`."


def _part(part: Part) -> str:
    where = "" if part.where == "TRUE" else f" where {part.where}"
    once = f", each {part.key} once" if part.distinct else ""
    counted = "count" if part.value == "1" else f"sum of {part.value}"
    return f"{counted} of {part.fact} by {part.anchor}{where}{once}"


def _hours(kpi: Kpi) -> str:
    return (
        f"`{kpi.hours}` unless asked otherwise (`--hours business`, `calendar`, `sla`)"
        if kpi.hours
        else "no duration between moments of a ticket"
    )


def _anchors(kpi: Kpi) -> str:
    """By what else the rows can be taken, and why not by creation where some of them are of tickets."""
    definition, told = kpi.definition, []
    for anchor in anchors_of(kpi, definition):
        without = [f"`{n}`" for n, c in definition.companions.items() if why_not_by(kpi, c.definition, anchor)]
        told.append(f"`{anchor}`{f' (without {_listed(without)})' if without else ''}")
    why = why_not_by(kpi, definition, CREATED)
    of_tickets = kpi.not_by_creation or any(FACTS[p.fact].has_ticket for p in definition.formula_parts())
    return f"`--anchor` takes {_listed(told) or 'none'}{f'; {why}' if why and of_tickets else ''}"


def _population(kpi: Kpi) -> str:
    facts = list(dict.fromkeys(p.fact for p in kpi.definition.formula_parts()))
    told = "; ".join(FACTS[f].doc for f in facts)
    out = "; merged, deleted, spam and test tickets are out" if any(FACTS[f].has_ticket for f in facts) else ""
    return f"{told}{out}{'; alerts are out unless the question filters on type' if kpi.people else ''}"


def _dimensions(kpi: Kpi) -> list[str]:
    facts = [FACTS[p.fact] for p in kpi.definition.formula_parts()]
    found = [name for name in DIMENSIONS if all(f.has_dimension(name) for f in facts)]
    timed = [d for d in TIME_DIMENSIONS if all(FACTS[p.fact].has_dimension(d) for p in kpi.definition.parts())]
    return [*found, *timed] or ["nothing"]


def _additive(kpi: Kpi) -> str:
    parts = list(kpi.definition.formula_parts())
    whole = (
        kpi.definition.additive
        and not kpi.definition.method
        and not any(p.distinct or FACTS[p.fact].instant for p in parts)
    )
    return "yes: the parts of days are those of the month" if whole else "no: a longer period is computed, not summed"


def _variants(kpi: Kpi) -> Iterator[str]:
    if not kpi.variants:
        yield "One definition."
        return
    yield f"- `{kpi.default_variant}` (default): {kpi.definition.text}"
    for name, definition in kpi.variants.items():
        yield f"- `{name}`: {definition.text}"
    yield from ("", f"Side by side: `pacesetter kpi get {kpi.id} --variant all`")


def _benchmarks(figures: list[Benchmark]) -> Iterator[str]:
    if not figures:
        yield "None that could be verified."
        return
    yield from ("| value | statistic | of | year | grade | source | difference |", "|---|---|---|---|---|---|---|")
    for b in figures:
        value = f"{b.value:g}{f'–{b.high:g}' if b.high else ''} {b.unit}"
        yield f"| {value} | {b.statistic} | {b.definition} | {b.year or 'undated'} | {b.grade} | {b.source} | {b.difference or ''} |"


def _command(kpi: Kpi, words: str = "") -> str:
    return f"pacesetter kpi get {kpi.id}{words or ' --grain month'}"


def _index(known: Mapping[str, Kpi]) -> Iterator[str]:
    yield from (_NOTE, "# KPIs", "")
    yield (
        "A KPI is a ratio of sums where it can be; without a denominator there is no number but a reason; periods are cut at local "
        "midnight; what happened after the as-of instant does not count; every number opens into its rows. `--anchor created` asks of the "
        "tickets created in the period ([by creation](../../explanation/how-tickets-are-read.md#by-creation))."
    )
    family = ""
    for kpi in known.values():
        if kpi.family != family:
            family = kpi.family
            yield from (
                "",
                f"## {family}. {registry.FAMILIES[family]}",
                "",
                "| id | question | better |",
                "|---|---|---|",
            )
        yield f"| [`{kpi.id}`]({kpi.id}.md) | {kpi.question} | {kpi.better.value} |"


def _coverage(known: Mapping[str, Kpi]) -> Iterator[str]:
    yield from (
        _NOTE,
        "# Coverage",
        "",
        "The KPIs that the field's usual lists name, and the command that answers each on the demo workspace",
    )
    yield from (
        "(`make run` builds it; `pacesetter demo` does too).",
        "",
        "| name in the lists | command |",
        "|---|---|",
    )
    for name, kpi_id, words in COVERAGE:
        yield f"| {name} | `{_command(known[kpi_id], words)} -w demo-workspace` |"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(items: object) -> str:
    return ", ".join(str(i) for i in items)  # type: ignore[attr-defined]


def main(folder: Path) -> None:
    """Write every page below ``folder`` and remove pages of KPIs that are no more."""
    found = pages()
    for old in (folder / "kpis").glob("*.md"):
        if f"kpis/{old.name}" not in found:
            old.unlink()
    for name, text in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
