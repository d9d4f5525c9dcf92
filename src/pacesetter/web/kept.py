"""What pages worked out before and may show again: within one generation, one scope and one question.

Owns the keeping, bounded, for one application. What may be kept is for the page to say, by a key that names all it depends on.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request

MOST = 2_000
_Found = TypeVar("_Found")


@dataclass
class Kept:
    """Values by key, the least used leaving first. Threads may share it."""

    most: int = MOST
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _values: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)

    def get(self, key: Hashable, work_out: Callable[[], _Found]) -> _Found:
        """The value of that key, worked out where it is not there yet."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                held: _Found = self._values[key]
                return held
        found = work_out()
        with self._lock:
            self._values[key] = found
            while len(self._values) > self.most:
                self._values.popitem(last=False)
        return found


def kept_of(request: Request) -> Kept:
    """The keeping of the application that serves this request."""
    state = request.app.state
    if not hasattr(state, "kept"):
        state.kept = Kept()
    found = state.kept
    assert isinstance(found, Kept)
    return found
