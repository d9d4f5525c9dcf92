"""How large a simulated MSP is, and how its bundle is written.

Owns the four sizes. Must not know what is simulated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pacesetter.errors import BadRequest

DEFAULT_AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
DEFAULT_SEED = 7


@dataclass(frozen=True, kw_only=True)
class Size:
    """One size. ``tickets`` is what the arrivals aim at, over ``months`` calendar months that end at the as-of instant.

    ``shards`` are groups of clients with service teams of their own; they are simulated apart from each other, so the
    bundle does not depend on the number of processes. ``form`` is ``csv``, ``parquet`` or ``parts``
    (``<table>/part-00001.parquet`` …).
    """

    name: str
    clients: int
    months: int
    tickets: int
    shards: int
    form: str


SIZES = {
    s.name: s
    for s in (
        Size(name="small", clients=12, months=6, tickets=2_000, shards=1, form="csv"),
        Size(name="medium", clients=40, months=18, tickets=60_000, shards=1, form="parquet"),
        Size(name="large", clients=120, months=24, tickets=1_000_000, shards=4, form="parts"),
        Size(name="huge", clients=300, months=36, tickets=10_000_000, shards=12, form="parts"),
    )
}


def size_named(name: str) -> Size:
    """The size of that name. Raises BadRequest with the known names."""
    if name not in SIZES:
        raise BadRequest(f"'{name}' is not a size", where="--size", do=f"take one of {', '.join(SIZES)}")
    return SIZES[name]


def month_starts(as_of: datetime, months: int) -> list[datetime]:
    """The starts of the ``months`` slices that end at ``as_of`` and, last, ``as_of`` itself; aware, UTC.

    Every inner bound is the first of a month at 00:00 UTC.
    """
    last = as_of.astimezone(UTC)
    first_of_month = (last - timedelta(microseconds=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = [first_of_month]
    for _ in range(months - 1):
        starts.append((starts[-1] - timedelta(days=1)).replace(day=1))
    return [*reversed(starts), last]


def epoch_day(day: date) -> int:
    """Epoch second at which a day starts in UTC."""
    return (day.toordinal() - 719_163) * 86_400


def epochs(instants: Iterable[datetime]) -> list[int]:
    """Whole epoch seconds of aware instants."""
    return [int(i.timestamp()) for i in instants]
