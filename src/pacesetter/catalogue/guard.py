"""The guard: which questions a scope may ask, and how a question is narrowed to it.

Owns the rules that follow from permissions: money, people, names. That rows lie within the scope's clients is the frame's business.
Refusals name what was asked for, never anything outside of the scope.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from pacesetter.access.roles import Permission
from pacesetter.access.scope import Scope
from pacesetter.catalogue.drill_rows import Drill
from pacesetter.catalogue.facts import FACTS
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi, Part, Unit
from pacesetter.errors import Forbidden

FAMILY_PERMISSIONS = {"F": Permission.PEOPLE, "G": Permission.MONEY, "H": Permission.MONEY}
NAMING = frozenset({"technician", "owner", "shift"})
"""Dimensions whose values are people of the service provider, or tell of one: a shift is that of one technician."""
_NAMING_COLUMNS = NAMING | {"technician_id", "shift_id"}


def permissions_of(kpi: Kpi) -> frozenset[Permission]:
    """What a scope needs to ask this KPI: by its family, for whatever it gives in a currency, for amounts that it reads."""
    needed = {FAMILY_PERMISSIONS[kpi.family]} if kpi.family in FAMILY_PERMISSIONS else set()
    definitions = (kpi.definition, *kpi.variants.values())
    units = {kpi.unit, *(c.unit for d in definitions for c in d.companions.values())}
    if Unit.CURRENCY in units or any(_reads_money(part) for d in definitions for part in d.parts()):
        needed.add(Permission.MONEY)
    return frozenset(needed)


def _reads_money(part: Part) -> bool:
    """Whether an expression names an amount; a workspace's own KPI may be of any family and unit."""
    return bool(FACTS[part.fact].money & set(re.findall(r"\w+", f"{part.value} {part.where}")))


def may_ask(kpi: Kpi, scope: Scope) -> bool:
    """Whether the scope has the permissions that the KPI needs."""
    return permissions_of(kpi) <= scope.permissions


def may_cut_by(dimension: str, scope: Scope) -> bool:
    """Whether the scope may see the values of a dimension. What a source brought along (``x_…``) may name anybody."""
    return scope.may(Permission.NAMES) or not (dimension in NAMING or dimension.startswith("x_"))


def narrowed(kpis: Iterable[Kpi], query: Query, scope: Scope) -> Query:
    """The question as the scope may ask it. Raises Forbidden for a KPI, dimension or filter that is not for it."""
    for kpi in kpis:
        for permission in sorted(permissions_of(kpi)):
            scope.need(permission, f"the KPI {kpi.id}")
    for name in (*query.by, *query.where):
        if not may_cut_by(name, scope):
            scope.need(Permission.NAMES, f"the dimension '{name}'")
    _check_reach("client", query, scope.clients)
    where = dict(query.where)
    for name, own in (("team", scope.teams), ("technician", scope.technicians)):
        _check_reach(name, query, own)
        if own is not None:
            where.setdefault(name, tuple(sorted(own)))
    return replace(query, where=where)


def _check_reach(name: str, query: Query, own: frozenset[str] | None) -> None:
    if own is not None and any(value not in own for value in query.where.get(name, ())):
        raise Forbidden(f"that {name} is not within what you may see", where=name)


def shown(found: Drill, scope: Scope) -> Drill:
    """The rows behind a number without the columns that the scope may not see."""
    return found if scope.may(Permission.NAMES) else found.without(_NAMING_COLUMNS)
