"""The dialect of KPI expressions: scalar SQL over the columns of one fact, parsed by sqlglot and checked before it may run.

Owns what may stand in an expression and the messages for what may not. Must not know KPIs. There is no way from an
expression to another table, to a function that is not listed here, or to a second statement.
"""

from collections.abc import Mapping
from enum import StrEnum

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from pacesetter.errors import BadDefinition

DIALECT = "duckdb"
MAX_LENGTH = 4_000


class Type(StrEnum):
    """What an expression gives."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth value"
    NOTHING = "null"


_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)
_CASTS = {"DOUBLE": Type.NUMBER, "BIGINT": Type.NUMBER, "VARCHAR": Type.TEXT, "TEXT": Type.TEXT}
ALLOWED = (
    "comparisons, AND, OR, NOT, IN (list), BETWEEN, IS NULL, CASE, + - * /, COALESCE, NULLIF, ABS, LOWER, LENGTH, CAST"
)


def parse(text: str, columns: Mapping[str, Type], wanted: Type, where: str) -> exp.Expression:
    """The syntax tree of ``text``, whose type is ``wanted`` over ``columns``.

    Raises BadDefinition, with ``where`` as its place, for anything that the dialect does not hold.
    """
    if len(text) > MAX_LENGTH:
        raise BadDefinition(f"the expression is longer than {MAX_LENGTH} characters", where=where)
    if "--" in text or "/*" in text:
        raise BadDefinition("comments are not allowed in an expression", where=where, do="take the comment out")
    try:
        trees = sqlglot.parse(f"SELECT {text}", dialect=DIALECT)
    except SqlglotError as error:
        raise BadDefinition(f"'{text}' is not an expression ({_first_line(error)})", where=where) from None
    except RecursionError:
        raise BadDefinition("the expression is nested too deeply", where=where) from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Select):
        raise BadDefinition("one expression is allowed, not several statements", where=where)
    select = trees[0]
    if len(select.expressions) != 1 or {k for k, v in select.args.items() if v} - {"expressions"}:
        raise BadDefinition(
            "only an expression over the fact's own columns is allowed: no FROM, WHERE or second column", where=where
        )
    tree: exp.Expression = select.expressions[0]
    found = _Checker(columns, where).type_of(tree)
    if found not in (wanted, Type.NOTHING):
        raise BadDefinition(f"'{text}' gives a {found}, a {wanted} is needed", where=where)
    return tree


class _Checker:
    def __init__(self, columns: Mapping[str, Type], where: str) -> None:
        self.columns = columns
        self.where = where

    def type_of(self, node: exp.Expression) -> Type:
        """The type of a node, after everything below it was checked."""
        if isinstance(node, exp.Paren):
            return self.type_of(node.this)
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Literal):
            return Type.TEXT if node.is_string else Type.NUMBER
        if isinstance(node, exp.Boolean):
            return Type.TRUTH
        if isinstance(node, exp.Null):
            return Type.NOTHING
        return self._operation(node)

    def _column(self, node: exp.Column) -> Type:
        if node.table or not isinstance(node.this, exp.Identifier):
            raise self._refuse(f"'{node.sql(dialect=DIALECT)}' names a table; only the fact's own columns may be named")
        if node.name not in self.columns:
            near = ", ".join(sorted(self.columns))
            raise self._refuse(f"there is no column '{node.name}'; there are {near}")
        return self.columns[node.name]

    def _operation(self, node: exp.Expression) -> Type:
        if isinstance(node, (exp.And, exp.Or)):
            return self._all((node.this, node.expression), Type.TRUTH, Type.TRUTH)
        if isinstance(node, exp.Not):
            return self._all((node.this,), Type.TRUTH, Type.TRUTH)
        if isinstance(node, (*_COMPARISONS, exp.NullSafeEQ, exp.NullSafeNEQ)):
            self._alike((node.this, node.expression))
            return Type.TRUTH
        if isinstance(node, exp.Is):
            self.type_of(node.this)
            if not isinstance(node.expression, (exp.Null, exp.Boolean)):
                raise self._refuse("IS takes NULL, TRUE or FALSE")
            return Type.TRUTH
        if isinstance(node, exp.In):
            return self._in(node)
        if isinstance(node, exp.Between):
            self._alike((node.this, node.args["low"], node.args["high"]))
            return Type.TRUTH
        if isinstance(node, _ARITHMETIC):
            return self._arithmetic(node)
        if isinstance(node, exp.Neg):
            return self._all((node.this,), Type.NUMBER, Type.NUMBER)
        return self._function(node)

    def _function(self, node: exp.Expression) -> Type:
        if isinstance(node, exp.Case):
            return self._case(node)
        if isinstance(node, exp.Coalesce):
            return self._alike((node.this, *node.expressions))
        if isinstance(node, exp.Nullif):
            return self._alike((node.this, node.expression))
        if isinstance(node, exp.Abs):
            return self._all((node.this,), Type.NUMBER, Type.NUMBER)
        if isinstance(node, exp.Lower):
            return self._all((node.this,), Type.TEXT, Type.TEXT)
        if isinstance(node, exp.Length):
            return self._all((node.this,), Type.TEXT, Type.NUMBER)
        if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
            self.type_of(node.this)
            target = node.args["to"].sql(dialect=DIALECT)
            if target not in _CASTS:
                raise self._refuse(f"CAST to {target} is not allowed; cast to DOUBLE, BIGINT or VARCHAR")
            return _CASTS[target]
        raise self._refuse(f"'{node.sql(dialect=DIALECT)}' is not allowed; allowed are {ALLOWED}")

    def _in(self, node: exp.In) -> Type:
        if node.args.get("query") or node.args.get("unnest") or node.args.get("field") or not node.expressions:
            raise self._refuse("IN takes a list of values, no subquery")
        if not all(isinstance(e, (exp.Literal, exp.Neg)) for e in node.expressions):
            raise self._refuse("IN takes a list of plain values")
        self._alike((node.this, *node.expressions))
        return Type.TRUTH

    def _arithmetic(self, node: exp.Expression) -> Type:
        if isinstance(node, exp.Div):
            left = node.this
            if not (isinstance(left, exp.Cast) and left.args["to"].sql(dialect=DIALECT) == "DOUBLE"):
                raise self._refuse(
                    "a division needs CAST(... AS DOUBLE) on its left, so that every engine gives the same"
                )
        return self._all((node.this, node.expression), Type.NUMBER, Type.NUMBER)

    def _case(self, node: exp.Case) -> Type:
        branches = node.args["ifs"]
        if node.this is not None:
            self._alike((node.this, *(b.this for b in branches)))
        else:
            self._all(tuple(b.this for b in branches), Type.TRUTH, Type.TRUTH)
        results = [b.args["true"] for b in branches]
        if node.args.get("default") is not None:
            results.append(node.args["default"])
        return self._alike(tuple(results))

    def _all(self, nodes: tuple[exp.Expression, ...], wanted: Type, gives: Type) -> Type:
        for node in nodes:
            found = self.type_of(node)
            if found not in (wanted, Type.NOTHING):
                raise self._refuse(f"'{node.sql(dialect=DIALECT)}' is a {found}, a {wanted} is needed there")
        return gives

    def _alike(self, nodes: tuple[exp.Expression, ...]) -> Type:
        found = {self.type_of(node) for node in nodes} - {Type.NOTHING}
        if len(found) > 1:
            text = ", ".join(f"'{n.sql(dialect=DIALECT)}'" for n in nodes)
            raise self._refuse(f"{text} are of different types: {', '.join(sorted(found))}")
        return found.pop() if found else Type.NOTHING

    def _refuse(self, what: str) -> BadDefinition:
        return BadDefinition(what, where=self.where)


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()[0]
    return "".join(ch for ch in text if ch.isprintable())[:160]
