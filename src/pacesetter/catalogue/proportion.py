"""Proportions, told from the shape of a definition's parts: rows for which a condition is true ÷ the same rows.

Owns that test. Must not know answers or how a proportion's interval is computed.
"""

from dataclasses import replace
from functools import lru_cache

from sqlglot import exp

from pacesetter.catalogue.facts import FACTS
from pacesetter.catalogue.record import Part
from pacesetter.engine import dialect
from pacesetter.engine.dialect import DIALECT, Type


@lru_cache(maxsize=4_000)
def is_proportion(hits: Part, of: Part) -> bool:
    """Whether every row that ``hits`` counts, each as 1 or 0, is counted by ``of``, so that their ratio is one of rows."""
    if of.value != "1" or replace(hits, value=of.value, where=of.where) != of:
        return False
    return _adds_one_or_none(hits) and _conditions(of) <= _conditions(hits)


def _adds_one_or_none(part: Part) -> bool:
    tree = dialect.parse(part.value, FACTS[part.fact].schema, Type.NUMBER, part.fact)
    if not isinstance(tree, exp.Case):
        return part.value == "1"
    results = [*(branch.args["true"] for branch in tree.args["ifs"]), tree.args.get("default")]
    return all(isinstance(r, exp.Literal) and r.name in ("0", "1") for r in results)


def _conditions(part: Part) -> set[str]:
    """What has to be true of a row, as texts."""
    tree = dialect.parse(part.where, FACTS[part.fact].schema, Type.TRUTH, part.fact)
    found = tree.flatten() if isinstance(tree, exp.And) else [tree]
    return {one.sql(dialect=DIALECT) for one in found} - {"TRUE"}
