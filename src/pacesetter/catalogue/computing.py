"""Computations from rows within one question: the rows that they read, their outcomes, and what they say of each row.

Owns how rows become the arrays of a method, and the look-up table ``told_rows`` by which a row finds what was said of it. Must not know
single methods, faces, or how outcomes become answers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlglot import exp

from pacesetter.access.roles import Permission
from pacesetter.catalogue import aggregate
from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.asked import Asked
from pacesetter.catalogue.facts import FACTS, Fact
from pacesetter.catalogue.frame import Frame, Place
from pacesetter.catalogue.methods import Told, methods, told
from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question
from pacesetter.catalogue.periods import months_in
from pacesetter.catalogue.reduction import Key
from pacesetter.engine import dialect
from pacesetter.engine.dialect import Type
from pacesetter.settings import Settings

TOLD_ROWS = "told_rows"


@dataclass(frozen=True)
class Computing:
    """One definition with a method, within a frame; ``read`` reads a query as an arrow table."""

    asked: Asked
    place: Place
    measure: Measure
    frame: Frame
    settings: Settings
    read: Callable[[exp.Query], pa.Table]

    @property
    def fact(self) -> Fact:
        """The fact whose rows are read."""
        return FACTS[self.place.fact]

    @property
    def says(self) -> Told | None:
        """What the method says of each row, None where it says nothing."""
        return told().get(self.asked.definition.method or "")

    def outcomes(self) -> dict[Key, list[Outcome]]:
        """What the method gives, by period and group."""
        compute = methods()[self.asked.definition.method or ""]
        found: dict[Key, list[Outcome]] = {}
        for index, groups in self._groups(self._columns()):
            found |= {(index, group): given for group, given in compute(groups, self._question(index)).items()}
        return found

    def said(self) -> pa.Table | None:
        """What the method says of each row, as a table: what identifies the row (``key_0`` …), the columns of ``says``; where rows are
        folded, ``group_0`` … before them."""
        if self.says is None:
            return None
        is_folded, columns, keys = bool(self.asked.definition.folded), self._columns(), self.keys()
        names = [f"group_{i}" for i in range(len(self.frame.query.by))] if is_folded else []
        names += [*(f"key_{i}" for i in range(len(keys))), *self.says.columns]
        more = [] if is_folded else [(exp.column(self.fact.row_id), self._row_id_kind)]
        parts: list[list[pa.Array]] = [[] for _ in names]
        for index, groups in self._groups([*columns, *more]):
            read = {group: given[: len(columns)] for group, given in groups.items()}
            spoken = self.says.of(read, self._question(index))
            for group, given in groups.items():
                mine = given[len(columns) :] or given[: len(keys)]
                told_of = [pa.array([value] * len(given[0])) for value in group] if is_folded else []
                told_of += [pa.array(values, from_pandas=True) for values in (*mine, *spoken[group])]
                for part, values in zip(parts, told_of, strict=True):
                    part.append(values)
        whole = [_joined(part) for part in parts]
        return pa.table(dict(zip(names, whole, strict=True))).group_by(names).aggregate([])

    def matches(self, alias: str, rows: str) -> exp.Expr:
        """The condition under which a row of ``rows`` is one that the table of ``said`` (as ``alias``) tells of."""
        pairs = [(exp.column(f"key_{i}", alias), tree) for i, tree in enumerate(self.keys())]
        if self.asked.definition.folded:
            dims = range(len(self.frame.query.by))
            pairs += [(exp.column(f"group_{i}", alias), exp.column(f"d{i}", rows)) for i in dims]
        return exp.and_(*(exp.NullSafeEQ(this=told_as, expression=tree) for told_as, tree in pairs))

    def keys(self) -> list[exp.Expr]:
        """What of a row says which row it is, for what the method says of it."""
        if self.asked.definition.folded:
            return [tree for tree, _ in self._columns()[: len(self.asked.definition.columns)]]
        return [exp.column(self.fact.row_id)]

    @property
    def _row_id_kind(self) -> Type:
        return self.fact.columns.get(self.fact.row_id, Type.NUMBER)

    def _columns(self) -> list[tuple[exp.Expr, Type]]:
        """What is read of each row; what is folded comes last."""
        a, definition = self.asked, self.asked.definition
        named = [*definition.columns, *((text, fold.kind) for text, fold in definition.folded)]
        return [
            (aggregate.in_hours(dialect.parse(text, self.fact.schema, kind, a.where), self.fact, a.hours), kind)
            for text, kind in named
        ]

    def _groups(self, columns: Sequence[tuple[exp.Expr, Type]]) -> Iterator[tuple[int, dict[Group, Columns]]]:
        """The rows of every period by group, periods without any among them."""
        folds = [fold for _, fold in self.asked.definition.folded]
        own = len(columns) - len(folds)  # a row's id comes after the columns where nothing is folded
        trees = [tree for tree, _ in columns]
        needed = {c.name for tree in trees for c in tree.find_all(exp.Column)} | aggregate.needed_columns(
            [self.measure]
        )
        rows = self.frame.rows(self.place, needed)
        folded = list(zip(trees[own:], folds, strict=True))
        dims = len(self.frame.query.by)
        tree = aggregate.method_rows(rows, dims, self.measure, trees[:own], folded)
        by_period = _split(self.read(tree), dims, [kind for _, kind in columns])
        for index in range(len(self.frame.periods)):
            groups = by_period.get(index, {})
            if not groups and not dims:
                groups = {(): tuple(_array(pa.chunked_array([], pa.null()), kind) for _, kind in columns)}
            yield index, groups

    def _question(self, index: int) -> Question:
        period, query = self.frame.periods[index], self.frame.query
        return Question(
            from_s=period.from_s, to_s=period.to_s, as_of_s=query.as_of_s, by=query.by, hours=self.asked.hours,
            months=months_in(period.from_s, min(period.to_s, query.as_of_s), query.zone),
            rules=self.settings.rules, may_name=self.frame.scope.may(Permission.NAMES),
        )  # fmt: skip


def _split(table: pa.Table, dims: int, kinds: Sequence[Type]) -> dict[int, dict[Group, Columns]]:
    """Ordered rows (p, d…, columns) as arrays, by period and group."""
    found: dict[int, dict[Group, Columns]] = defaultdict(dict)
    if not table.num_rows:
        return found
    begins = np.zeros(table.num_rows, dtype=bool)
    begins[0] = True
    for column in table.columns[: 1 + dims]:
        codes = pc.fill_null(column.combine_chunks().dictionary_encode().indices, -1).to_numpy()
        begins[1:] |= codes[1:] != codes[:-1]
    starts = np.flatnonzero(begins)
    arrays = [_array(column, kind) for column, kind in zip(table.columns[1 + dims :], kinds, strict=True)]
    places = zip(*(column.take(pa.array(starts)).to_pylist() for column in table.columns[: 1 + dims]), strict=True)
    for (period, *group), start, end in zip(places, starts, [*starts[1:], table.num_rows], strict=True):
        found[period][tuple(group)] = tuple(values[start:end] for values in arrays)
    return found


def _array(column: pa.ChunkedArray, kind: Type) -> NDArray[Any]:
    """Numbers as float64 with NaN for null, texts as objects with None for null."""
    values: NDArray[Any] = column.cast(pa.float64() if kind is Type.NUMBER else pa.string()).to_numpy()
    return values if kind is Type.NUMBER else values.astype(object)


def _joined(parts: list[pa.Array]) -> pa.ChunkedArray:
    """Arrays one after the other; those without any value take the type of the others."""
    kinds = {part.type for part in parts} - {pa.null()}
    kind = kinds.pop() if kinds else pa.string()
    return pa.chunked_array([part.cast(kind) for part in parts], kind)
