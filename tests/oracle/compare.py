"""The product's answers beside the oracle's: asks by the command line, compares, says what differs and where."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from math import isclose
from pathlib import Path
from typing import Any

from oracle.bundles import write_table
from oracle.oracle import COUNT, DURATION, KPIS, NET, STANDING, Answer, Oracle
from oracle.periods import Span, cut
from oracle.reading import read_bundle, seconds
from oracle.world import Key, Question, Rules

Object = dict[str, Any]
Place = tuple[str, Span, Key]
STATISTICS = {
    "first_response_time": {"mean", "median", "p90"},
    "resolution_time": {"mean", "median", "p90"},
    "backlog_age": {"mean", "median", "p90"},
    "update_interval": {"mean", "p90"},
}
TWO_ANCHORS = ("new_to_closed_ratio", "net_ticket_change", "resolution_rate")


@dataclass(frozen=True)
class Asked:
    """One call of ``kpi get``; ``as_of`` in epoch seconds."""

    kpis: tuple[str, ...]
    first: date
    last: date
    grain: str
    as_of: int
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    variant: str | None = None

    def words(self) -> list[str]:
        """The arguments after ``kpi get``."""
        words = [*self.kpis, "--from", str(self.first), "--to", str(self.last), "--grain", self.grain]
        words += ["--as-of", instant(self.as_of), "--hours", "calendar", "--format", "json"]
        words += ["--by", ",".join(self.by)] if self.by else []
        words += ["--variant", self.variant] if self.variant else []
        return words + [word for dim, value in self.where.items() for word in ("--where", f"{dim}={value}")]


def instant(second: int) -> str:
    """ISO 8601 in UTC."""
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


class Refused(Exception):
    """The product refused a command (status 2); the text is what it said."""


class Product:
    """A workspace, driven only through the settled command line, in this process."""

    def __init__(self, folder: Path, zone: str, now: int, rules: Rules | None = None) -> None:
        self.folder, self.now = folder, instant(now)
        self.refused: set[str] = set()  # told once
        self.run("init", str(folder))
        path = folder / "pacesetter.toml"
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("time_zone")]
        text = "\n".join([f'time_zone = "{zone}"', *lines]) + "\n"
        path.write_text(text + (_rules_text(rules) if rules else ""), encoding="utf-8")

    def run(self, *words: str) -> str:
        """Standard output of one command, which must end with status 0 or 1 (rows in quarantine)."""
        from typer.testing import CliRunner

        from pacesetter.cli.main import app

        result = CliRunner().invoke(app, list(words), env={"PACESETTER_NOW": self.now})
        if result.exit_code == 2:
            raise Refused(result.output.strip())
        assert result.exit_code in (0, 1), f"{' '.join(words)}: {result.exit_code}, {result.output}{result.exception!r}"
        return result.stdout

    def load(self, bundle: Path) -> None:
        """Import a bundle."""
        self.run("import", str(bundle), "-w", str(self.folder))

    def ask(self, asked: Asked) -> list[Object]:
        """The answer objects."""
        found: list[Object] = json.loads(self.run("kpi", "get", *asked.words(), "-w", str(self.folder)))
        return found

    def ask_all(self, asked: Asked) -> tuple[list[Object], Asked, list[str]]:
        """The answers, what was asked of those KPIs that answer, and the refusals of the others."""
        known = replace(asked, kpis=tuple(k for k in asked.kpis if k not in self.refused))
        try:
            return self.ask(known) if known.kpis else [], known, []
        except Refused:
            refusals = [f"{kpi}: {text}" for kpi in known.kpis if (text := self.refusal(replace(known, kpis=(kpi,))))]
            self.refused |= {line.split(":")[0] for line in refusals}
            answering = replace(known, kpis=tuple(k for k in known.kpis if k not in self.refused))
            return self.ask(answering) if answering.kpis else [], answering, refusals

    def refusal(self, asked: Asked) -> str | None:
        """What the product says where it refuses a question, None where it answers."""
        try:
            self.ask(asked)
        except Refused as refused:
            return str(refused)
        return None


def _rules_text(rules: Rules) -> str:
    lines = ["[rules]"]
    for name, value in vars(rules).items():
        shown = json.dumps(list(value)) if isinstance(value, tuple) else value
        lines.append(f"{name} = {shown}")
    return "\n".join(lines) + "\n"


def write_half(bundle: Path, folder: Path, seed: int) -> None:
    """A bundle with about half of the tickets and, independently, half of the events of another."""
    rng = random.Random(seed)
    folder.mkdir()
    for name, rows in read_bundle(bundle).tables.items():
        kept = [r for r in rows if name not in ("tickets", "ticket_events") or rng.random() < 0.5]
        write_table(folder, name, kept)


# -- placing answers -----------------------------------------------------------------------------------------------


def _plain(dimension: str, value: object) -> object:
    return float(str(value)) if dimension == "tier" and value is not None else value


def place_of(found: Object, by: tuple[str, ...]) -> Place:
    """KPI, period and group of an answer object."""
    dimensions = found.get("dimensions") or {}
    span = (seconds(found["from"]), seconds(found["to"]))
    return str(found["kpi"]), span, tuple(_plain(name, dimensions.get(name)) for name in by)


def role_of(found: Object, *, first: bool) -> str | None:
    """What the oracle calls the statistic of an answer object; None for one that it does not know."""
    kpi = found["kpi"]
    if kind_of(kpi) == DURATION:
        return str(found["statistic"])
    if kpi == "csat":
        return "main" if found["unit"] == "percent" else "mean_score"
    return "main" if first else None


def kind_of(kpi: str) -> str:
    """How the KPI is reduced."""
    return STANDING[kpi] if kpi in STANDING else KPIS[kpi][0]


def _fields(kpi: str, role: str, by: tuple[str, ...]) -> tuple[str, ...]:
    if kpi == "time_in_hands" and "holder" in by:
        return ("numerator",)
    if role in ("median", "p90", "mean_score"):
        return ("value", "n")
    kind = kind_of(kpi)
    if kind == NET:
        return ("value",)
    return ("value", "numerator", "n") if kind == COUNT else ("value", "numerator", "denominator", "n")


# -- comparing -----------------------------------------------------------------------------------------------------


def _agree(name: str, ours: float | None, theirs: float | None) -> bool:
    if name in ("numerator", "denominator"):
        ours, theirs = ours or 0, theirs or 0
    if ours is None or theirs is None:
        return ours is theirs
    return ours == theirs or (name == "value" and isclose(ours, theirs, rel_tol=1e-9))


def _answer_differences(asked: Asked, answer: Answer, found: Object) -> Iterator[str]:
    for name in _fields(answer.kpi, answer.statistic, asked.by):
        if not _agree(name, getattr(answer, name), found[name]):
            yield f"{name} {found[name]}, oracle {getattr(answer, name)}"
    if answer.kpi not in TWO_ANCHORS and not (answer.kpi == "time_in_hands" and asked.by):
        excluded = {reason: count for reason, count in (found.get("excluded") or {}).items() if count}
        if excluded != answer.excluded:
            yield f"excluded {excluded}, oracle {answer.excluded}"
    if bool(found["partial"]) != (asked.as_of < answer.span[1]):
        yield f"partial {found['partial']}"
    if (found["value"] is None) != bool(found.get("reason")):
        yield f"value {found['value']} with reason {found.get('reason')!r}"


def _future_differences(found: Object) -> Iterator[str]:
    """Nothing can be known of a period that begins after the as-of instant: no number, or none counted."""
    if found["value"] or found["n"] or not found["partial"]:
        yield f"value {found['value']}, n {found['n']}, partial {found['partial']} of a period that begins later"


def _shown(place: Place, role: str) -> str:
    kpi, (start, end), group = place
    return f"{kpi} {role} [{instant(start)}, {instant(end)}) {list(group)}"


def _collected(asked: Asked, objects: list[Object], problems: list[str]) -> dict[Place, dict[str, Object]]:
    placed: dict[Place, dict[str, Object]] = defaultdict(dict)
    for found in objects:
        place = place_of(found, asked.by)
        role = role_of(found, first=place not in placed)
        if role is not None and role in placed[place]:
            problems.append(f"{_shown(place, role)}: twice")
        if role is not None:
            placed[place][role] = found
    order = [(asked.kpis.index(p[0]), p[1]) for p in (place_of(o, asked.by) for o in objects)]
    if order != sorted(order):
        problems.append("the answers are not ordered by KPI and period")
    return placed


def _expected(oracle: Oracle, asked: Asked, placed: Mapping[Place, object]) -> dict[Place, list[Answer]]:
    """The oracle's answers, with an empty one where the product names a period for a group known from another."""
    question = Question(asked.as_of, asked.by, asked.where, asked.variant)
    expected: dict[Place, list[Answer]] = {}
    spans = set(cut(asked.first, asked.last, asked.grain, oracle.zone))
    for kpi in asked.kpis:
        answers = oracle.ask(kpi, question, asked.first, asked.last, asked.grain)
        groups = {group for _, group in answers}
        expected |= {(kpi, span, group): found for (span, group), found in answers.items()}
        for place in placed:
            if place[0] == kpi and place not in expected and place[1] in spans and place[2] in groups:
                expected[place] = Oracle.answers(kpi, kind_of(kpi), (place[1], place[2]), [])
    return expected


def _is_of_nobody(place: Place, found: Mapping[str, Object]) -> bool:
    """Whether it is a holder of tickets alone that are out for bad times: how long they were held, and by whom, nobody knows."""
    return place[0] == "time_in_hands" and not any(one["n"] for one in found.values())


def _is_comparable(oracle: Oracle, answer: Answer) -> bool:
    if answer.statistic == "mean_score":
        return all(float(s.get("scale_max") or 5) == 5 for s in oracle.bundle.rows("surveys"))
    return True


def _may_be_left_out(asked: Asked, answer: Answer) -> bool:
    """A group with nothing in it; or a statistic that the catalogue does not ask for."""
    optional = answer.statistic == "mean_score" or (
        answer.statistic in ("median", "p90") and answer.statistic not in STATISTICS.get(answer.kpi, ())
    )
    return optional or (bool(asked.by) and not answer.ids)


def differences(oracle: Oracle, asked: Asked, objects: list[Object]) -> list[str]:
    """Every disagreement as one line: where, what the product says, what the oracle says, the rows behind it."""
    problems: list[str] = []
    placed = _collected(asked, objects, problems)
    expected = _expected(oracle, asked, placed)
    problems += [
        f"{_shown(place, '')}: not in the oracle"
        for place, found in placed.items()
        if place not in expected and not _is_of_nobody(place, found)
    ]
    for place, answers in expected.items():
        for answer in answers:
            if not _is_comparable(oracle, answer):
                continue
            found = placed.get(place, {}).get(answer.statistic)
            if found is None:
                if not _may_be_left_out(asked, answer):
                    problems.append(
                        f"{_shown(place, answer.statistic)}: missing, oracle {answer.value} of {answer.ids[:12]}"
                    )
                continue
            later = answer.span[0] > asked.as_of
            wrong = list(_future_differences(found) if later else _answer_differences(asked, answer, found))
            if wrong:
                problems.append(f"{_shown(place, answer.statistic)}: {'; '.join(wrong)}; rows {answer.ids[:12]}")
    return problems
