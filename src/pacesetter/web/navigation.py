"""The navigation: which pages there are, in which group, and who is shown a link to them.

Owns the list. A page is linked only where its route exists and the caller could open it; what it shows is the page's own business.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.routing import APIRoute

from pacesetter.access.roles import Permission, Reach
from pacesetter.api.serving import Caller


def _anybody(_: Caller) -> bool:
    return True


def _provider(caller: Caller) -> bool:
    """Whether somebody of the service provider asks, not of a client."""
    return caller.standing.role.reach is not Reach.ONE_CLIENT


def _may(permission: Permission) -> Callable[[Caller], bool]:
    return lambda caller: caller.scope.may(permission)


def leads(caller: Caller) -> bool:
    """Whether the caller compares teams and people: figures about them, and a reach beyond one's own work."""
    return caller.scope.may(Permission.PEOPLE) and caller.standing.role.reach is not Reach.OWN


@dataclass(frozen=True)
class Entry:
    """A page: its address, its name, and who is shown it. ``is_view`` pages keep period and client of the page one comes from."""

    path: str
    name: str
    shown: Callable[[Caller], bool] = _anybody
    is_view: bool = True


@dataclass(frozen=True)
class Group:
    """Pages under one word; a group without a name stands in the bar itself."""

    name: str
    entries: tuple[Entry, ...]

    def holds(self, path: str) -> bool:
        """Whether the page at an address belongs here."""
        return any(is_at(entry, path) for entry in self.entries)


def is_at(entry: Entry, path: str) -> bool:
    """Whether an address belongs to a page."""
    return path == entry.path or (entry.path != "/" and path.startswith(f"{entry.path}/"))


NAVIGATION = (
    Group("", (
        Entry("/", "Overview"),
        Entry("/queue", "Queue"),
        Entry("/clients", "Clients"),
        Entry("/kpis", "KPIs"),
    )),
    Group("People", (
        Entry("/teams", "Teams", leads),
        Entry("/technicians", "Technicians", _may(Permission.NAMES)),
    )),
    Group("Responsibility", (
        Entry("/raci", "RACI matrix"),
        Entry("/hands", "Time in hands"),
        Entry("/accountability", "Accountability"),
        Entry("/two-clocks", "Two clocks"),
        Entry("/integrity", "Integrity", leads),
        Entry("/statements", "Statements"),
    )),
    Group("More", (
        Entry("/compare", "Compare"),
        Entry("/dashboards", "Dashboards"),
        Entry("/wallboard", "Wallboard", _provider),
        Entry("/data-quality", "Data quality", lambda c: c.scope.may(Permission.QUALITY) and c.scope.is_whole, False),
        Entry("/settings", "Settings", lambda c: c.scope.may(Permission.CONFIGURE) and c.scope.is_whole, False),
        Entry("/people", "People and access", _may(Permission.ADMINISTER), False),
    )),
)  # fmt: skip
"""Every page that is linked from the bar."""


def navigation_of(app: FastAPI, caller: Caller) -> list[Group]:
    """The groups with the pages that exist and that the caller may open; empty ones are left out."""
    there = pages_there(app)
    found = []
    for group in NAVIGATION:
        entries = tuple(e for e in group.entries if e.path in there and e.shown(caller))
        if entries:
            found.append(Group(group.name, entries))
    return found


def pages_there(app: FastAPI) -> frozenset[str]:
    """The addresses of every route that can be opened, kept on the application."""
    kept: frozenset[str] | None = getattr(app.state, "paths", None)
    if kept is None:
        kept = app.state.paths = frozenset(_walk(app.routes))
    return kept


def _walk(routes: Iterable[object]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            yield route.path
        inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        if inner:
            yield from _walk(inner)
