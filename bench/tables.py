"""How a benchmark tells what it measured: a table on the screen, and the same as JSON under bench/out."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parent / "out"


def load() -> float:
    """The machine's load over the last minute: beside other work, only ratios mean anything."""
    return round(os.getloadavg()[0], 1)


def show(title: str, rows: Sequence[dict[str, Any]], note: str = "") -> None:
    """Print the rows as a table, and save them."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[text(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(names)]
    print(f"\n{title} ({os.cpu_count()} cores, load {load()})")
    for line in (names, *cells):
        print(
            "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        )
    if note:
        print(note)
    save(title, rows, note)


def save(title: str, rows: Sequence[dict[str, Any]], note: str = "") -> None:
    """Write the rows to ``bench/out/<title>.json`` with the date, the cores and the load."""
    OUT.mkdir(exist_ok=True)
    told = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": load(),
        "note": note,
    }
    file = OUT / f"{title.replace(' ', '-').lower()}.json"
    file.write_text(json.dumps({"title": title, **told, "rows": list(rows)}, indent=1, default=str) + "\n", "utf-8")


def text(value: object) -> str:
    """A cell."""
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
