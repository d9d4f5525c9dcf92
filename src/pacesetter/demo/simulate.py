"""The way in: simulate an MSP of a size and write its canonical bundle, or import it into a new workspace.

Owns the spreading of shards over processes and the tables that all shards share.
"""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path

from pacesetter.demo import books, raci, signs, standing
from pacesetter.demo.bundle import BundleWriter, rows_table
from pacesetter.demo.clients import working_calendars
from pacesetter.demo.levels import policy_rows, target_rows
from pacesetter.demo.shard import Shard, ShardRows
from pacesetter.demo.sizes import DEFAULT_AS_OF, DEFAULT_SEED, Size, month_starts, size_named
from pacesetter.demo.world import build_articles
from pacesetter.errors import BadRequest

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Simulated:
    """What was written: the folder and the number of rows by table."""

    folder: Path
    rows: dict[str, int]
    as_of: datetime


def write_bundle(
    folder: Path, size: str | Size = "medium", seed: int = DEFAULT_SEED, *, as_of: datetime = DEFAULT_AS_OF,
    processes: int = 2, progress: Progress = lambda done, total: None,
) -> Simulated:  # fmt: skip
    """Simulate and write the canonical bundle into ``folder``, which must not exist or be empty.

    The same size, seed and as-of instant give the same bytes, whatever the number of processes. ``progress`` is told
    how many shards × months are done, of how many. Raises BadRequest where the folder is in use or the instant naive.
    """
    chosen = size_named(size) if isinstance(size, str) else size
    if as_of.tzinfo is None:
        raise BadRequest(f"'{as_of.isoformat()}' has no offset", where="--as-of", do="write 2026-11-01T00:00:00Z")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadRequest("the folder is not empty", where=str(folder), do="name a new or empty folder")
    try:
        writer = BundleWriter(folder, chosen.form)
    except OSError as error:
        raise BadRequest(f"cannot be written ({error.strerror})", where=str(folder), do="name another folder") from None
    if chosen.shards == 1:
        total, done = chosen.months, iter(range(1, chosen.months + 1))
        shards = [Shard(chosen, seed, 0, as_of, writer.write).run(lambda: progress(next(done), total))]
    else:
        shards = _many(chosen, seed, as_of, writer, processes, progress)
    _shared(writer, chosen, seed, as_of, shards)
    truth = [row for shard in shards for row in shard.planted]
    twins = [row for shard in shards for row in shard.twins]
    (folder / signs.TRUTH).write_text(json.dumps({"signs": truth, "twins": twins}, indent=1) + "\n", "utf-8")
    writer.close()
    return Simulated(folder, writer.rows, as_of)


def _many(
    size: Size, seed: int, as_of: datetime, writer: BundleWriter, processes: int, progress: Progress
) -> list[ShardRows]:
    """Run the shards, in other processes where more than one is allowed; results come in the order of the shards."""
    work = [(size, seed, shard, as_of, writer.folder) for shard in range(size.shards)]
    results: list[ShardRows] = []
    if processes <= 1:
        found = map(_one_shard, work)
        return [_counted(writer, *f, progress, i + 1, size.shards, results) for i, f in enumerate(found)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for i, (rows, shard) in enumerate(pool.map(_one_shard, work)):
            _counted(writer, rows, shard, progress, i + 1, size.shards, results)
    return results


def _counted(
    writer: BundleWriter, rows: dict[str, int], shard: ShardRows, progress: Progress, done: int, total: int,
    results: list[ShardRows],
) -> ShardRows:  # fmt: skip
    for name, n in rows.items():
        writer.rows[name] = writer.rows.get(name, 0) + n
    results.append(shard)
    progress(done, total)
    return shard


def _one_shard(work: tuple[Size, int, int, datetime, Path]) -> tuple[dict[str, int], ShardRows]:
    size, seed, shard, as_of, folder = work
    writer = BundleWriter(folder, size.form)
    rows = Shard(size, seed, shard, as_of, writer.write).run()
    writer.close(complete=False)
    return writer.rows, rows


def _shared(writer: BundleWriter, size: Size, seed: int, as_of: datetime, shards: list[ShardRows]) -> None:
    """The tables that belong to the whole MSP, and the small ones of the shards below each other."""
    starts = month_starts(as_of, size.months)
    first, last = starts[0].date(), starts[-1].date()
    calendars, exceptions = standing.calendar_rows(working_calendars(first, last))
    tables: dict[str, list[dict[str, object]]] = {
        "calendars": calendars, "calendar_exceptions": exceptions, "ticket_statuses": standing.status_rows(),
        "offerings": books.offering_rows(), "exchange_rates": books.rate_rows([s.date() for s in starts[:-1]], seed),
        "articles": standing.article_rows(
            build_articles(seed, int(starts[0].timestamp()), int(starts[-1].timestamp())), int(as_of.timestamp())
        ),
    }  # fmt: skip
    policies = list({p.sla_policy_id: p for s in shards for p in s.policies}.values())
    tables["sla_policies"], tables["sla_targets"] = policy_rows(policies), target_rows(policies)
    groups = [[role for s in shards for role in s.team_roles[g]] for g in ("desks", "systems", "engineering", "watch")]
    tasks = raci.general_tasks(*groups) + [t for s in shards for t in s.tasks]
    change: date = standing.first_of_july(first, last)
    tables["raci_tasks"], tables["raci_assignments"] = raci.task_rows(tasks), raci.assignment_rows(tasks, change)
    for shard in shards:
        for name, rows in shard.tables.items():
            tables.setdefault(name, []).extend(rows)
    for name in sorted(tables):
        writer.write(name, rows_table(name, tables[name]))
