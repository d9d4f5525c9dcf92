"""Desks for requests: each request has its own on the generation that is current when it begins.

Owns the keeping of one connection per generation, so that opening a desk costs nothing, and of answers that were given already. A
request under way keeps its generation; the next one has the new one. Must not know HTTP.
"""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.query import Query
from pacesetter.errors import BadWorkspace
from pacesetter.warehouse.storage import read_meta
from pacesetter.warehouse.workspace import Workspace

ENGINE_FAULTS = (duckdb.InternalException, duckdb.FatalException)
"""What DuckDB raises for a fault of its own; no connection to that database answers any more."""

KEPT_ANSWERS = 20_000
"""Answers that are kept in memory, the least used of them leaving first."""


@dataclass
class Desks:
    """Desks over one workspace. Threads may share it."""

    workspace: Workspace
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _keeper: contextlib.ExitStack | None = None
    _kept: Path | None = None
    _answers: OrderedDict[tuple[str, ...], list[Answer]] = field(default_factory=OrderedDict)
    _size: int = 0
    _asking: dict[tuple[str, ...], tuple[threading.Lock, int]] = field(default_factory=dict)

    def generation(self) -> str:
        """The name of the current generation, ``none`` before the first import."""
        current = self.workspace.generations.current()
        return current.stem if current else "none"

    @contextlib.contextmanager
    def open(self, scope: Scope) -> Iterator["OpenDesk"]:
        """A desk on the current generation. Raises BadWorkspace where nothing has been imported yet.

        After a fault within the engine, which shuts its database for everybody, the next desk has it opened anew.
        """
        self._keep()
        try:
            with open_desk(self.workspace, scope) as desk:
                number = read_meta(desk.evaluator.con, "generation") or "0"
                yield OpenDesk(self, desk, number)
        except ENGINE_FAULTS:
            self.close()
            raise

    def _keep(self) -> None:
        """Hold a connection on the current generation; the one on the last is let go."""
        current = self.workspace.generations.current()
        if current == self._kept:
            return
        with self._lock:
            if current == self._kept:
                return
            held = contextlib.ExitStack()
            held.enter_context(self.workspace.reader())
            before, self._keeper, self._kept = self._keeper, held, current
            if before is not None:
                before.close()
            self._answers.clear()
            self._size = 0

    def remembered(self, key: tuple[str, ...]) -> list[Answer] | None:
        """Answers that were given to that very question before."""
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
            return found

    def remember(self, key: tuple[str, ...], answers: list[Answer]) -> None:
        """Keep answers, and let the least used go."""
        if len(answers) > KEPT_ANSWERS // 4:
            return
        with self._lock:
            self._size += len(answers) - len(self._answers.pop(key, []))
            self._answers[key] = answers
            while self._size > KEPT_ANSWERS:
                _, gone = self._answers.popitem(last=False)
                self._size -= len(gone)

    @contextlib.contextmanager
    def one_at_a_time(self, key: tuple[str, ...]) -> Iterator[None]:
        """Requests with the very same question wait for the first of them instead of computing it again."""
        with self._lock:
            lock, waiting = self._asking.get(key, (threading.Lock(), 0))
            self._asking[key] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._asking[key]
                if waiting == 1:
                    del self._asking[key]
                else:
                    self._asking[key] = (lock, waiting - 1)

    def ready(self) -> str | None:
        """Why no question can be answered now, None where it can."""
        if self.workspace.generations.current() is None:
            return "nothing has been imported yet"
        try:
            self._keep()
        except BadWorkspace:
            return "the current generation cannot be opened"
        return None

    def close(self) -> None:
        """Let go of the generation."""
        with self._lock:
            if self._keeper is not None:
                self._keeper.close()
            self._keeper, self._kept = None, None


@dataclass(frozen=True)
class OpenDesk:
    """A desk during one request, on one generation. It must not leave the thread that opened it."""

    desks: Desks
    desk: Desk
    generation: str

    def ask(self, ids: Sequence[str], query: Query) -> list[Answer]:
        """The answers of these KPIs, each remembered within a generation by question and scope; only what is new is asked."""
        about = (self.generation, self.desk.scope.fingerprint, repr(query))
        with self.desks.one_at_a_time((*about, *ids)):
            found = {i: self.desks.remembered((*about, i)) for i in ids}
            missing = [i for i, answers in found.items() if answers is None]
            if missing:
                fresh: dict[str, list[Answer]] = {i: [] for i in missing}
                for answer in self.desk.ask(missing, query):
                    fresh[answer.kpi].append(answer)
                for i, answers in fresh.items():
                    self.desks.remember((*about, i), answers)
                found |= fresh
            return [answer for i in ids for answer in found[i] or ()]
