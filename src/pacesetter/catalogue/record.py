"""The KPI record: what a KPI is, declared once as data.

Owns the shape of the declaration and the checks that it must pass. Must not know engines' SQL, HTTP or files. The expressions
are in the dialect of ``engine.dialect`` over the columns of one fact (``catalogue.facts``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pacesetter.engine.dialect import Type


class Unit(StrEnum):
    """Units of an answer, as in the JSON."""

    SECONDS = "s"
    DAYS = "days"
    PERCENT = "percent"
    POINTS = "points"
    COUNT = "count"
    RATIO = "ratio"
    CURRENCY = "currency"
    HOURS = "hours"


class Better(StrEnum):
    """Which way a KPI improves."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Formula(StrEnum):
    """How the parts of a definition become its value."""

    SUM = "sum"
    RATIO = "ratio"
    DIFFERENCE = "difference"
    VARIATION = "variation"


class Fold(StrEnum):
    """How a column of rows that are folded into one becomes one value: the sum, how many different ones, the least text."""

    SUM = "sum"
    DIFFERENT = "different"
    LEAST = "least"

    @property
    def kind(self) -> Type:
        """The type of what is folded."""
        return Type.TEXT if self is Fold.LEAST else Type.NUMBER


@dataclass(frozen=True, kw_only=True)
class Part:
    """An additive part: the sum over a fact's rows.

    ``fact`` and ``anchor`` say which rows, and by which instant they fall into a period. ``value`` is what one row adds (a number),
    ``where`` which rows count (a truth value). With ``distinct``, each ticket (or other ``key``) counts once per period and group, by
    its largest value.
    """

    fact: str
    anchor: str
    value: str = "1"
    where: str = "TRUE"
    distinct: bool = False
    key: str = "ticket_key"


@dataclass(frozen=True, kw_only=True)
class Companion:
    """A further statistic that stands beside the main one, with its own unit and parts."""

    unit: Unit
    definition: "Definition"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How a part splits over the values of one column: shown as ``name`` in the answer, value to sum."""

    name: str
    part: Part
    column: str


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One exact meaning: parts and the formula over them.

    ``statistics`` are those given for the rows' values of the numerator: ``mean`` (numerator ÷ denominator), ``median``, ``p90``;
    or the single word for the value itself (``share``, ``count``, ``ratio``, ``score``). ``needs`` names what a source must provide
    (``catalogue.needs``).

    ``method`` names a computation of ``catalogue.methods`` for what is no formula over sums; it gets the ``columns`` (expression and
    type) of the numerator's rows, by period and group. With ``folded``, rows that are alike in the columns come to it as one, with these
    (expression and fold) after them. ``recompute`` says how the rows give its value, by the names of their columns. ``companions`` are
    further statistics by name. ``additive`` is False where the parts of days do not add up to those of the month, with the reason in
    ``text`` or the caveats. ``unrated`` are the seconds of work that would be in the value if a cost rate were known. ``expected`` are
    the rows that ought to be in a sum: where there are some and the numerator, whose values are known, has none, the sum is not known.
    """

    text: str
    numerator: Part
    denominator: Part | None = None
    formula: Formula = Formula.RATIO
    scale: float = 1.0
    statistics: tuple[str, ...] = ("share",)
    needs: tuple[str, ...] = ()
    method: str | None = None
    columns: tuple[tuple[str, Type], ...] = ()
    folded: tuple[tuple[str, Fold], ...] = ()
    recompute: str | None = None
    companions: Mapping[str, Companion] = field(default_factory=dict)
    listing: Listing | None = None
    additive: bool = True
    unrated: Part | None = None
    expected: Part | None = None

    def formula_parts(self) -> Iterator[Part]:
        """The parts of its own formula, the numerator first."""
        yield self.numerator
        if self.denominator is not None:
            yield self.denominator

    def parts(self) -> Iterator[Part]:
        """Every part that is read: those of the formula, of its companions and of the listing."""
        for one in (self, *(c.definition for c in self.companions.values())):
            yield from one.formula_parts()
        if self.listing is not None:
            yield self.listing.part


@dataclass(frozen=True, kw_only=True)
class Example:
    """A worked example: what goes in, in words, and the value that must come out."""

    text: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """One KPI. ``variants`` are rival definitions by name; ``default_variant`` is the name of ``definition`` where it has one.

    ``hours`` is the default kind of hours for durations, None where the KPI is no duration. ``people`` leaves alerts out.
    ``floor`` is the n below which an answer is marked small. ``not_by_creation`` says in words why it cannot be asked by the creation
    of tickets, where its facts do not say it by themselves. ``source`` is the file of a workspace's own KPI, None where it is shipped.
    """

    id: str
    family: str
    title: str
    question: str
    unit: Unit
    better: Better
    definition: Definition
    variants: Mapping[str, Definition] = field(default_factory=dict)
    default_variant: str | None = None
    hours: str | None = None
    people: bool = False
    instant: bool = False
    floor: int = 30
    band: bool = False
    caveats: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    example: Example
    not_by_creation: str | None = None
    revision: int = 1
    source: str | None = None

    @property
    def anchor(self) -> str:
        """The anchor by which the KPI's denominator (or its only part) falls into a period."""
        part = self.definition.denominator or self.definition.numerator
        return part.anchor

    def definition_of(self, variant: str | None) -> Definition | None:
        """The definition of a variant, None where the KPI has no such variant."""
        if variant is None or variant == self.default_variant:
            return self.definition
        return self.variants.get(variant)


@dataclass(frozen=True, kw_only=True)
class Need:
    """Something that a source must provide before a KPI can be known."""

    id: str
    text: str


def count_of(fact: str, anchor: str, where: str = "TRUE") -> Part:
    """The part that counts rows."""
    return Part(fact=fact, anchor=anchor, where=where)


def share(text: str, of: Part, hit: str, *needs: str) -> Definition:
    """The definition of a share in percent: rows of ``of`` for which ``hit`` is true ÷ rows of ``of``."""
    numerator = Part(fact=of.fact, anchor=of.anchor, where=of.where, value=f"CASE WHEN {hit} THEN 1 ELSE 0 END")
    return Definition(text=text, numerator=numerator, denominator=of, scale=100.0, statistics=("share",), needs=needs)


def duration(text: str, of: Part, value: str, *needs: str) -> Definition:
    """The definition of a mean duration with median and 90th percentile: seconds in ``value`` over the rows of ``of``."""
    where = of.where if of.where != "TRUE" else f"{value} IS NOT NULL"
    numerator = Part(fact=of.fact, anchor=of.anchor, where=where, value=value)
    denominator = Part(fact=of.fact, anchor=of.anchor, where=where)
    statistics = ("mean", "median", "p90")
    return Definition(text=text, numerator=numerator, denominator=denominator, statistics=statistics, needs=needs)


def count(text: str, of: Part, *needs: str) -> Definition:
    """The definition of a plain count."""
    return Definition(text=text, numerator=of, formula=Formula.SUM, statistics=("count",), needs=needs)
