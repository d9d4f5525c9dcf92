"""Local hour of day and day of week of every quarter of an hour, so that no engine needs a time-zone function.

Owns that table: ``cell`` (epoch second // 900), ``hour`` (0–23), ``weekday`` (``mon`` … ``sun``). Zones shift by whole quarters of an hour
since 1972; before that the hour of a cell is the hour at its start.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def local_hours(from_s: int, to_s: int, zone: ZoneInfo) -> pa.Table:
    """The table for ``[from_s, to_s)``."""
    numbers = range(from_s // 900, (to_s - 1) // 900 + 1)
    locals_ = [datetime.fromtimestamp(n * 900, zone) for n in numbers]
    return pa.table(
        {
            "cell": pa.array(numbers, pa.int64()),
            "hour": pa.array([at.hour for at in locals_], pa.int64()),
            "weekday": pa.array([DAYS[at.weekday()] for at in locals_], pa.string()),
        }
    )
