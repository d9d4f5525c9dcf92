"""What a method gets and gives.

Owns the records. Must not know single methods.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from pacesetter.settings import RuleSettings

Group = tuple[Any, ...]
"""The values of the question's dimensions."""

Columns = tuple[NDArray[Any], ...]
"""One array per column of the definition, all of one length; numbers are float64 (NaN for null), texts are objects."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a method may know of the question: the period (epoch seconds), the as-of instant, its length in
    calendar months up to then, dimensions, hours and rules.

    ``may_name`` says whether people of the service provider may be named in ``extra``.
    """

    from_s: int
    to_s: int
    as_of_s: int
    months: float
    by: tuple[str, ...]
    hours: str | None
    rules: RuleSettings
    may_name: bool = True


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One statistic of one group; ``value`` is None with a ``reason``. ``unit`` is the KPI's where None."""

    statistic: str
    value: float | None
    n: int
    numerator: float | None = None
    denominator: float | None = None
    ci: tuple[float, float] | None = None
    reason: str | None = None
    unit: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a method says of the rows that it read, so that its number can be followed in them: the names of the columns, and the function
    that gives them, each as long as the group's rows; rows that are alike in what identifies them are told the same.

    ``counted`` names the column that is 1 in the rows of the numerator, None where both sides have all rows. ``statistics`` are the
    further ones that the method gives. ``among`` are dimensions whose groups are held against each other.
    """

    columns: tuple[str, ...]
    of: Callable[[Mapping[Group, Columns], Question], Mapping[Group, Columns]]
    counted: str | None = None
    statistics: tuple[str, ...] = ()
    among: tuple[str, ...] = ()


EXTRA_MISSING = "not available: needs the extra 'statistics'; install it with pip install 'pacesetter[statistics]'"
"""The reason of a statistical answer where its packages are not installed."""
