"""Recomputing the figures of a statement from its rows alone: a workspace for the time being, the import, the same questions.

Owns that path. Must not know seals; what it is handed are row files in a folder and the content of ``statement.json``.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pacesetter.access.scope import client_scope
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.query import Query
from pacesetter.errors import BadDefinition
from pacesetter.responsibility.statements import contents, figures
from pacesetter.settings import RuleSettings, Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """What the rows give: the figures, the counts of ``completeness.json`` that rows give, and rows that no import takes."""

    figures: list[dict[str, Any]]
    counted: Mapping[str, Any]
    refused: list[str]


def recompute(folder: Path, told: Mapping[str, Any], progress: Progress) -> Recomputed:
    """The figures that the row files in ``folder`` (``tickets.csv`` …) give under the rules that ``told`` states.

    Raises PacesetterError where ``told`` or a file cannot be read.
    """
    try:
        settings, zone = _settings(told), ZoneInfo(told["period"]["time_zone"])
        first, last = _day(told["period"]["from_s"], zone), _day(told["period"]["to_s"], zone)
        client, as_of_s, provides = told["client"]["id"], int(told["as_of_s"]), dict(told["provides"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadDefinition(f"what a recomputation needs is not there ({error})", where="statement.json") from None
    with tempfile.TemporaryDirectory(prefix="pacesetter-statement-") as place:
        ws = Workspace.create(Path(place) / "workspace", settings)
        as_of = datetime.fromtimestamp(as_of_s, UTC)
        report = import_bundle(Workspace.open(ws.root), folder, as_of=as_of, progress=progress)
        progress("computing figures", None)
        scope = client_scope("verifier", frozenset({client}))
        with open_desk(ws, scope) as desk:
            evaluator = desk.evaluator
            evaluator.__dict__["provided"] = figures.as_provided(provides, evaluator.provided)
            query = Query(first=first, last=last, zone=zone, as_of_s=as_of_s, where={"client": (client,)})
            found = figures.ask(evaluator, query, scope, months=(last - first).days > 31)
            keys = "(SELECT ticket_key FROM f_tickets)"
            counted = contents.counted(evaluator.con, keys, told["period"]["from_s"], told["period"]["to_s"], as_of_s)
            refused = evaluator.con.execute(
                "SELECT table_name, line, message FROM _quarantine ORDER BY table_name, line LIMIT 20"
            ).fetchall()
    assert report is not None
    return Recomputed(
        figures=found,
        counted=counted,
        refused=[f"rows/{t}.csv, line {line}: {message}" for t, line, message in refused],
    )


def _settings(told: Mapping[str, Any]) -> Settings:
    own = told["settings"]
    rules = RuleSettings(
        contact_gap_minutes=own["rules"]["contact_gap_s"] / 60,
        first_contact_window_days=own["rules"]["first_contact_window_s"] / 86_400,
    )
    return Settings(
        name="statement", time_zone=own["time_zone"], currency=own["currency"], calendar=own["calendar"], rules=rules
    )


def _day(second: int, zone: ZoneInfo) -> date:
    """The local day that begins at (or, where midnight is skipped, just before) an instant."""
    local = datetime.fromtimestamp(second, zone)
    return local.date() if local.hour < 12 else local.date() + timedelta(days=1)


def differing(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(figure, what differs) between recomputed figures and those that a statement gives."""
    found: list[tuple[str, str]] = []
    known = {figures.figure_key(figure): figure for figure in ours}
    given: dict[str, dict[str, Any]] = {}
    for number, figure in enumerate(theirs):
        try:
            key = figures.figure_key(figure)
        except (KeyError, TypeError, AttributeError):
            found.append((f"figure {number}", "cannot be read"))
            continue
        if key in given:
            found.append((key, "stands there twice"))
        given[key] = figure
    for key in [*given, *(k for k in known if k not in given)]:
        if key not in known:
            found.append((key, "is no figure that the rows give"))
        elif key not in given:
            found.append((key, "is left out; the rows give " + str(known[key]["value"])))
        else:
            found += [(key, text) for text in _fields(known[key], given[key])]
    return found


def _fields(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    found = [
        f"{name} is {theirs.get(name)!r}, the rows give {value!r}"
        for name, value in ours.items() if name != "revision" and not _equal(value, theirs.get(name))
    ]  # fmt: skip
    return found + [f"{name} is nothing that a figure has" for name in theirs if name not in ours]


def _equal(one: Any, other: Any) -> bool:
    """Equal, numbers to twelve digits."""
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(other, bool):
        return abs(one - other) <= 1e-12 * max(abs(one), abs(other))
    return type(one) is type(other) and one == other
