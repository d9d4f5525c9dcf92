"""Answers and rows on standard output: tables for people, JSON, CSV and Parquet for programs.

Owns the formats. Must not know how an answer came about.
"""

import contextlib
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.table import Table

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.record import Kpi
from pacesetter.errors import BadRequest
from pacesetter.reports import wording
from pacesetter.reports.records import flat


class Format(StrEnum):
    """Forms of output."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


JsonOption = Annotated[Format, typer.Option("--format", help="table or json")]


def require_format(form: Format, *known: Format) -> None:
    """Raise BadRequest for a form of output that a command does not have, before anything is done."""
    if form not in known:
        raise BadRequest(f"there is no {form} of this", where="--format", do=f"write {' or '.join(known)}")


def console() -> Console:
    """Standard output for people; 100 columns wide where it is no terminal."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=160)


def write_records(records: Sequence[dict[str, Any]], form: Format, out: Path | None) -> None:
    """Write flat or nested records as JSON, CSV or Parquet, to a file or to standard output."""
    if form is Format.JSON:
        with _target(out) as stream:
            json.dump(records, stream, ensure_ascii=False, indent=1)
            stream.write("\n")
        return
    lines = [flat(r) for r in records]
    names = list(dict.fromkeys(name for r in lines for name in r))
    if form is Format.CSV:
        with _target(out) as stream:
            writer = csv.DictWriter(stream, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
        return
    columns = {name: pa.array([r.get(name) for r in lines]) for name in names}
    with binary(out, form) as target:
        pq.write_table(pa.table(columns), target)


@contextlib.contextmanager
def binary(out: Path | None, form: Format) -> Iterator[pa.NativeFile]:
    """Where Arrow writes a file to: standard output, or ``out``. Raises BadRequest where neither will do."""
    if out is None:
        if form is Format.PARQUET and sys.stdout.isatty():
            raise BadRequest("Parquet is not for the screen", where="--format", do="name a file with --out")
        yield pa.PythonFile(sys.stdout.buffer, mode="w")
        sys.stdout.flush()
        return
    with _opened(out, "wb") as stream:
        yield pa.PythonFile(stream, mode="w")


def _opened(out: Path, mode: str) -> IO[Any]:
    try:
        return out.open(mode) if "b" in mode else out.open(mode, encoding="utf-8", newline="")
    except OSError as error:
        raise BadRequest(f"{out} cannot be written ({error.strerror})", where="--out") from None


class _Stdout:
    def __enter__(self) -> IO[str]:
        return sys.stdout

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()


def _target(out: Path | None) -> Any:
    return _opened(out, "w") if out else _Stdout()


def print_answers(kpis: dict[str, Kpi], answers: Sequence[Answer], zone: ZoneInfo, locale: str) -> None:
    """One table per KPI and variant: a row per period and group, a column per statistic."""
    out = console()
    sections: dict[tuple[str, str | None], list[Answer]] = {}
    for answer in answers:
        sections.setdefault((answer.kpi, answer.variant), []).append(answer)
    for (kpi_id, variant), section in sections.items():
        kpi = kpis[kpi_id]
        out.print(f"\n[bold]{kpi.title}[/bold]{f' · variant {variant}' if variant else ''}  [dim]{kpi.question}[/dim]")
        _print_section(out, section, zone, locale)


def _print_section(out: Console, section: list[Answer], zone: ZoneInfo, locale: str) -> None:
    statistics = list(dict.fromkeys(a.statistic for a in section))
    rows: dict[tuple[int, tuple[Any, ...]], list[Answer]] = {}
    for a in section:
        rows.setdefault((a.from_s, tuple(a.dimensions.values())), []).append(a)
    top = max((a.value or 0 for a in section if a.statistic == statistics[0]), default=0)
    columns = _columns(section, statistics)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        right = name in statistics or name in ("95 % interval", "n")
        table.add_column(
            "" if name == "bar" else name, justify="right" if right else "left", no_wrap=name != "left out"
        )
    for group in rows.values():
        cells = _cells(group, zone, locale, top if len(rows) > 1 else 0)
        table.add_row(*(cells.get(name, "–") for name in columns))
    out.print(table)
    _print_footer(out, section, zone)


def _columns(section: list[Answer], statistics: list[str]) -> list[str]:
    """The columns that have something to say."""
    return [
        "period",
        *section[0].dimensions,
        *statistics,
        *(["95 % interval"] if any(a.ci for a in section) else []),
        *(["n"] if any(a.n != a.value for a in section) else []),
        "bar",
        *(["left out"] if any(a.excluded or a.reason for a in section) else []),
    ]


def _cells(group: list[Answer], zone: ZoneInfo, locale: str, top: float) -> dict[str, str]:
    first = group[0]
    excluded = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in first.excluded.items())
    return {
        "period": wording.period_text(first, zone),
        **{name: "(none)" if value is None else str(value) for name, value in first.dimensions.items()},
        **{a.statistic: wording.value_text(a.value, wording.told_unit(a), locale) for a in group},
        "95 % interval": wording.interval_text(first.ci, wording.told_unit(first), locale),
        "n": wording.value_text(first.n, "count", locale) + (" [yellow]few[/yellow]" if first.small_n else ""),
        "bar": f"[cyan]{wording.bar(first.value, top)}[/cyan]",
        "left out": f"[dim]{first.reason or excluded}[/dim]",
    }


def _print_footer(out: Console, section: list[Answer], zone: ZoneInfo) -> None:
    first = section[0]
    parts = [f"by {first.anchor}", f"as of {datetime.fromtimestamp(first.as_of_s, zone):%Y-%m-%d %H:%M %Z}"]
    if first.hours:
        parts.append(f"{first.hours} hours")
    notes = list(dict.fromkeys(note for a in section for note in a.notes))
    out.print(f"[dim]{' · '.join(parts)}{''.join(f' · {note}' for note in notes)}[/dim]")


def print_rows(names: Sequence[str], rows: Iterable[Sequence[Any]], unit: str, locale: str) -> None:
    """Rows behind a number as a table."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, justify="right" if name == "value" else "left", no_wrap=True)
    for row in rows:
        cells = [
            wording.value_text(v, unit, locale) if n == "value" else ("" if v is None else str(v))
            for n, v in zip(names, row, strict=True)
        ]
        table.add_row(*cells)
    console().print(table)
