"""What changed since an earlier statement of the same period, and what each change did to each figure.

Rows are compared by their keys. Where more than one kind of change is there, the kinds are put in one after the other (definitions,
settings, calendars, policies, as-of instant, rows) and the figures recomputed after each, so that the effects add up to the difference.
Must not know how a statement is sealed.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pacesetter.errors import BadRequest
from pacesetter.responsibility.statements import figures, store
from pacesetter.responsibility.statements import format as f
from pacesetter.responsibility.statements.container import Damaged, Reader
from pacesetter.responsibility.statements.recompute import recompute
from pacesetter.responsibility.statements.rowdiff import RowChanges, row_changes
from pacesetter.responsibility.statements.seal import fingerprint_of

Progress = Callable[[str, float | None], None]
GROUPS = {
    "calendars": ("calendars", "calendar_exceptions"),
    "policies": ("sla_policies", "sla_targets", "agreements"),
    "rows": (
        "clients", "teams", "technicians", "team_memberships", "offerings", "ticket_statuses", "tickets", "ticket_events", "surveys",
    ),
}  # fmt: skip
CAUSES = ("definitions", "settings", "calendars", "policies", "as_of", "rows")
"""In the order in which they are put in."""


@dataclass(frozen=True)
class Earlier:
    """An earlier statement: its file and what it says of itself. Its own soundness is the business of ``verify``."""

    path: Path
    told: Mapping[str, Any]
    answers: list[dict[str, Any]]
    definitions: list[dict[str, Any]]
    changes: Mapping[str, Any]
    seal: Mapping[str, Any]
    fingerprint: str

    @classmethod
    def find(cls, root: Path, client_id: str, period: str, since: Path | None) -> "Earlier | None":
        """The statement at ``since``, else the latest kept one, else None. Raises BadRequest where ``since`` is none of this client and
        period."""
        if since is None:
            kept = store.kept(root, client_id, period)
            return cls.read(kept[-1]) if kept else None
        found = cls.read(since)
        if (found.told["client"]["id"], found.told["period"]["name"]) != (client_id, period):
            raise BadRequest("is a statement of another client or period", where=str(since))
        return found

    @classmethod
    def read(cls, path: Path) -> "Earlier":
        """Read a statement. Raises BadRequest where it cannot be."""
        try:
            reader = Reader(path)
            try:
                parts = [
                    json.loads(b"".join(reader.content(reader.by_name[name])))
                    for name in (f.HEAD, f.ANSWERS, f.DEFINITIONS, f.CHANGES, f.SEAL, f.SIGNATURE)
                ]
            finally:
                reader.close()
            head, answers, definitions, changes, seal, signature = parts
            return cls(
                path, head, answers, definitions, changes, seal, fingerprint_of(bytes.fromhex(signature["public_key"]))
            )
        except (OSError, KeyError, ValueError, TypeError, Damaged) as error:
            raise BadRequest(f"is no statement that can be read ({error})", where=str(path)) from None

    @property
    def reference(self) -> dict[str, Any]:
        """How a later statement names this one."""
        return {
            "root": self.seal["root"], "issued_at": self.told["issued_at"], "as_of": self.told["as_of"],
            "key": self.fingerprint,
        }  # fmt: skip

    def says_the_same(
        self, told: Mapping[str, Any], answers: list[dict[str, Any]], entries: list[dict[str, Any]]
    ) -> bool:
        """Whether rows, rules, definitions and figures are those of the new statement: then nothing was added to what is known."""
        before = {e["name"]: e["root"] for e in self.seal["entries"] if e["name"].startswith(f.ROWS)}
        now = {e["name"]: e["root"] for e in entries if e["name"].startswith(f.ROWS)}
        rules = all(self.told.get(name) == told[name] for name in ("settings", "as_of_s", "provides", "locale"))
        return before == now and rules and self.answers == answers and self.definitions == figures.definitions()


def nothing_to_compare() -> dict[str, Any]:
    """``changes.json`` of a first statement."""
    return {"earlier": None, "rows": {}, "definitions": [], "settings": [], "as_of": None, "figures": []}


def changes_between(
    earlier: Earlier, now_path: Path, told: Mapping[str, Any], answers: list[dict[str, Any]], progress: Progress
) -> dict[str, Any]:
    """``changes.json``: what differs between an earlier statement and the one whose rows stand in ``now_path``."""
    with tempfile.TemporaryDirectory(prefix="pacesetter-since-") as place:
        then, now = Path(place) / "then", Path(place) / "now"
        unpack_rows(earlier.path, then)
        unpack_rows(now_path, now)
        _level(then, now)
        rows = {table: row_changes(then, now, table) for group in GROUPS.values() for table in group}
        meanings = _definitions(earlier.definitions, figures.definitions())
        settings = _settings(earlier.told, told)
        present = [c for c in CAUSES if _is_there(c, rows, meanings, settings, earlier.told, told)]
        effects = _Effects(Path(place), then, now, earlier, told, answers, progress).of(present)
    same = earlier.told["as_of_s"] == told["as_of_s"]
    return {
        "earlier": earlier.reference,
        "rows": {table: change.as_json() for table, change in rows.items() if change.total},
        "definitions": meanings, "settings": settings,
        "as_of": None if same else {"then": earlier.told["as_of"], "now": told["as_of"]},
        "figures": effects,
    }  # fmt: skip


def unpack_rows(path: Path, folder: Path) -> None:
    """Write the row files of a statement into ``folder`` as ``<table>.csv``."""
    folder.mkdir()
    reader = Reader(path)
    try:
        for name, entry in reader.by_name.items():
            if name.startswith(f.ROWS):
                with (folder / name.removeprefix(f.ROWS)).open("wb") as out:
                    for piece in reader.content(entry):
                        out.write(piece)
    finally:
        reader.close()


def _level(then: Path, now: Path) -> None:
    """Give each folder the tables, without rows, that only the other has: a statement of an earlier version has fewer."""
    for group in GROUPS.values():
        for table in group:
            paths = [folder / f"{table}.csv" for folder in (then, now)]
            header = next((p.read_bytes().split(b"\n", 1)[0] for p in paths if p.exists()), None)
            for path in paths:
                if header is not None and not path.exists():
                    path.write_bytes(header + b"\n")


def _is_there(
    cause: str, rows: Mapping[str, RowChanges], meanings: list[Any], settings: list[Any], then: Mapping[str, Any],
    now: Mapping[str, Any],
) -> bool:  # fmt: skip
    if cause in GROUPS:
        return any(rows[table].total for table in GROUPS[cause])
    moved = int(then["as_of_s"]) != int(now["as_of_s"])
    return {"definitions": bool(meanings), "settings": bool(settings), "as_of": moved}[cause]


def _definitions(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    before = {d["kpi"]: d for d in then}
    after = {d["kpi"]: d for d in now}
    return [
        {"kpi": kpi, "then": _meaning(before.get(kpi)), "now": _meaning(after.get(kpi))}
        for kpi in dict.fromkeys([*before, *after]) if before.get(kpi) != after.get(kpi)
    ]  # fmt: skip


def _meaning(definition: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if definition is None else {"revision": definition["revision"], "text": definition["text"]}


def _settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    before, after = ({**t["settings"], **t["settings"]["rules"], "provides": t["provides"]} for t in (then, now))
    names = [n for n in after if n not in ("rules", "technician_names") and before.get(n) != after[n]]
    return [{"setting": n, "then": before.get(n), "now": after[n]} for n in names]


@dataclass(frozen=True)
class _Effects:
    """The differences of figures, taken apart by cause."""

    place: Path
    then: Path
    now: Path
    earlier: Earlier
    told: Mapping[str, Any]
    answers: list[dict[str, Any]]
    progress: Progress

    def of(self, causes: list[str]) -> list[dict[str, Any]]:
        """A row per figure that differs, with the effect of each cause; the effects of a figure sum to its difference."""
        stages = [by_key(self.earlier.answers)]
        stages += [by_key(self._figures_with(causes[: n + 1])) for n in range(len(causes) - 1)]
        stages.append(by_key(self.answers))
        found = []
        for key in dict.fromkeys([*stages[0], *stages[-1]]):
            values = [stage.get(key, {}).get("value") for stage in stages]
            if values[0] != values[-1] or (key in stages[0]) != (key in stages[-1]):
                because = [
                    {"cause": cause, "then": a, "now": b, "effect": None if a is None or b is None else b - a}
                    for cause, a, b in zip(causes, values[:-1], values[1:], strict=len(causes) == len(stages) - 1) if a != b
                ]  # fmt: skip
                one = stages[-1].get(key) or stages[0][key]
                found.append({"figure": key, "kpi": one["kpi"], "unit": one["unit"], "then": values[0], "now": values[-1],
                              "because": because})  # fmt: skip
        return found

    def _figures_with(self, causes: list[str]) -> list[dict[str, Any]]:
        folder = self.place / f"with-{len(causes)}"
        shutil.copytree(self.then, folder)
        for cause in causes:
            for table in GROUPS.get(cause, ()):
                if (self.now / f"{table}.csv").exists():
                    shutil.copyfile(self.now / f"{table}.csv", folder / f"{table}.csv")
        told = dict(self.earlier.told)
        if "settings" in causes:
            told |= {"settings": self.told["settings"], "provides": self.told["provides"]}
        if "as_of" in causes:
            told |= {"as_of_s": self.told["as_of_s"]}
        found = recompute(folder, told, self.progress).figures
        shutil.rmtree(folder)
        return found


def by_key(answers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Figures by their names."""
    return {figures.figure_key(figure): figure for figure in answers}
