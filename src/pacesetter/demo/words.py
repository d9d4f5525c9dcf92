"""One list of all words that the rows of a shard use (statuses, teams, people, roles …), so that columns hold numbers.

Owns the numbering. Must not know what happens to tickets.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pacesetter.demo.arrays import AnyArray, Ints
from pacesetter.demo.kinds import CATEGORIES, PRIORITIES, STATUS_PHASES
from pacesetter.demo.world import World

ROBOTS = ("watch-robot", "mail-robot", "workflow-robot", "patch-robot")
SOURCE, TWIN_SOURCE = "simulated-psa", "simulated-client-itsm"


class Words:
    """The words of a shard. ``status``, ``team`` … are the numbers at which each family begins.

    No word stands twice: Parquet then writes the list as it is, and the bytes do not depend on anything else.
    """

    def __init__(self, world: World, roles: Sequence[str]) -> None:
        self.list: list[str] = []
        self.status = self._add(STATUS_PHASES)
        self.priority = self._add(PRIORITIES)
        self.category = self._add(CATEGORIES)
        self.robot = self._add(ROBOTS)
        self.approved = self._add(["approved"])
        self.team = self._add(t.team_id for t in world.teams)
        self.technician = self._add(t.technician_id for t in world.technicians)
        self.article = self._add(a.article_id for a in world.articles)
        self.role = self._add(roles)
        self.contact = self._add(f"{c.client_id}-c{i + 1:03d}" for c in world.clients for i in range(c.contacts))
        self._status_numbers = {name: self.status + i for i, name in enumerate(STATUS_PHASES)}

    def _add(self, words: object) -> int:
        start = len(self.list)
        self.list.extend(words)  # type: ignore[arg-type]
        return start

    def status_number(self, name: str) -> int:
        """The number of a status."""
        return self._status_numbers[name]


def spelled(numbers: AnyArray, words: Sequence[str]) -> pa.Array:
    """A text column from numbers into ``words``; a negative number is empty."""
    return pa.DictionaryArray.from_arrays(
        pa.array(numbers.astype(np.int32), mask=numbers < 0), pa.array(list(words), pa.string())
    )


def ids(prefix: str, numbers: Ints, width: int) -> pa.Array:
    """Ids such as ``T00000042``; a negative number is empty."""
    digits = pc.cast(pa.array(numbers, mask=numbers < 0), pa.string())
    return pc.binary_join_element_wise(prefix, pc.utf8_lpad(digits, width, "0"), "")


def instants(seconds: Ints) -> pa.Array:
    """A column of instants (UTC, microseconds) from epoch seconds; a negative one is empty."""
    return pa.array(seconds * 1_000_000, mask=seconds < 0).cast(pa.timestamp("us", tz="UTC"))


def flags(values: AnyArray) -> pa.Array:
    """A column of booleans from 0, 1 and negative for empty."""
    return pa.array(values > 0, mask=values < 0)
