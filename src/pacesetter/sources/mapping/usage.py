"""Which columns of a file a mapping reads, and which table keeps the others.

Owns that question. Must not know SQL beyond names.
"""

import re
from collections.abc import Iterator

from pacesetter.sources.mapping.definition import Condition, Rule, TableBlock
from pacesetter.sources.mapping.expressions import PLACE, identifier
from pacesetter.sources.mapping.landing import Landed
from pacesetter.sources.mapping.loading import Mapping

NAMELESS = re.compile(r"column \d+")


def columns_of(rule: Rule) -> Iterator[str]:
    """Every column of the file that a rule reads."""
    if rule.column:
        yield rule.column
    for item in rule.first_of or []:
        yield from [item] if isinstance(item, str) else columns_of(item)
    yield from PLACE.findall(rule.template or "")
    yield from rule.hash_of or []
    if rule.plus:
        yield rule.plus.column
    yield from condition_columns(rule.only_if or [])


def condition_columns(conditions: list[Condition]) -> Iterator[str]:
    """Every column of the file that conditions look at."""
    for c in conditions:
        yield from (name for name in (c.column, c.same_as, c.not_same_as, c.before) if name)
        yield from condition_columns(c.any or [])


def file_of(mapping: Mapping, block: TableBlock) -> str | None:
    """The file that feeds a block, through a log or not; None for rows written in the mapping."""
    name, _, end = (block.source or "").partition(".")
    return mapping.definition.logs[name].file if end else (name or None)


def homes(mapping: Mapping) -> dict[str, int]:
    """For each file the block that keeps its unused columns: the first with a row per row, else the first."""
    homes: dict[str, int] = {}
    blocks = list(enumerate(mapping.definition.table))
    for plain in (True, False):
        for place, block in blocks:
            file = file_of(mapping, block)
            if file and bool(block.one_row_per) != plain:
                homes.setdefault(file, place)
    return homes


def unused(mapping: Mapping, file: str, source: Landed) -> list[str]:
    """Columns of a file that no rule, log or lookup reads and that the mapping does not list as ignored."""
    used: set[str] = set(mapping.definition.files[file].ignore)
    used |= set(mapping.definition.files[file].add)
    for block in mapping.definition.table:
        if file_of(mapping, block) == file:
            used |= {c for rule in block.columns.values() for c in columns_of(rule)} | set(block.one_row_per or [])
    for log in mapping.definition.logs.values():
        if log.file == file:
            used |= {
                log.key,
                log.at,
                log.actor_id or "",
                *(o.column for o in log.order),
                *(e.column for e in log.event),
            }
    for other, own in mapping.definition.files.items():
        for lookup in own.add.values():
            used |= set(lookup.match) if other == file else set()
            used |= {lookup.column or "", lookup.by or "", *lookup.match.values()} if lookup.file == file else set()
    return [c for c in source.columns if c not in used and not NAMELESS.fullmatch(c)]


def attributes(mapping: Mapping, file: str, source: Landed, taken: set[str]) -> dict[str, str]:
    """``x_`` column -> SQL, for the columns of a file that nothing else reads."""
    found: dict[str, str] = {}
    for column in unused(mapping, file, source):
        name = "x_" + (re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") or "column")
        while name in taken or name in found:
            name += "_2"
        found[name] = identifier(column)
    return found
