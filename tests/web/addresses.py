"""The addresses at which the leak suite knocks: every route of the table, with values for its variables and words.

A new route needs no line here. Where it has a variable in its path that no other has, give the variable its values in VARIABLES, among
them one that belongs to the other client. Where a page knows words of its own, its questions may be added in QUESTIONS. Fields of forms
are filled from FIELDS, and by their kind where they have no line there.
"""

import itertools
from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

KPIS = (
    "resolution_time",
    "tickets_created",
    "csat",
    "backlog",
    "recurring_revenue",
    "cost_per_ticket",
    "technician_efficiency",
)

VARIABLES: dict[str, tuple[str, ...]] = {
    "role_id": ("role-ann", "role-canary", "nobody"), "sign": ("pauses", "edits", "nothing"), "ending": ("csv", "toml", "xlsx", "exe"),
    "kpi_id": KPIS,
    "client_id": ("acme", "canary-client", "nobody"),
    "team_id": ("desk", "systems", "canary-it", "nobody"),
    "technician_id": ("t-ann", "t-bob", "nobody"),
    "ticket_id": ("A-1", "CANARY-1", "CANARY-99"),
    "family": ("moved", "C", "G"),
    "form": ("svg",),
    "piece": ("queue", "flow", "signals", "figures", "service", "money", "contribution", "offerings", "health", "card", "raci", "record"),
    "panel": ("queue", "next", "flow", "signals", "health", "csat", "recurring_revenue"),
    "secret": ("nonsense",),
    "mark": ("0",), "name": ("style.css",),
    "card_id": ("client_health", "nothing"),
    "person_id": ("1", "4", "999"),
    "period": ("2026-10",), "root": ("0123456789ab",),
    "dashboard_id": ("1", "2", "999"), "edit_id": ("1", "999"),
}  # fmt: skip
"""Values of the variables in paths: of the asker's own client, of the other one, of nobody."""

CUTS = ("", "period=custom&from=2026-10-01&to=2026-10-31&by=client", "by=technician", "by=category", "by=team", "by=x_extra",
        "where=client=canary-client", "where=technician=t-bob", "where=priority=canary-prio", "variant=all&grain=week",
        "client=canary-client", "sort=client")  # fmt: skip
ALWAYS = ("", "client=canary-client", "where=client=canary-client", "by=client", "q=canary")
"""The words that every route without QUESTIONS is asked with."""

QUESTIONS: dict[str, list[str]] = {
    "/": ["/", "/?whole=true", "/?client=canary-client", "/?where=team=canary-it"],
    "/parts/{family}": ["/parts/moved", "/parts/C", "/parts/G", "/parts/A?where=client=canary-client"],
    "/kpis": ["/kpis", "/kpis?whole=true", "/kpis?client=canary-client"],
    "/queue": ["/queue", "/queue?show=breached", "/queue?show=unassigned&sort=client", "/queue?technician=t-bob", "/queue?team=canary-it"],
    "/compare": ["/compare", "/compare?what=clients", "/compare?what=clients&a=canary-client&b=acme", "/compare?what=teams",
                 "/compare?what=teams&a=canary-it&b=desk"],
    "/wallboard": ["/wallboard", "/wallboard?panels=recurring_revenue,queue", "/wallboard?client=canary-client"],
    "/two-clocks": ["/two-clocks", "/two-clocks?clock=respond", "/two-clocks?client=canary-client", "/two-clocks?cause=created+late"],
    "/statements": ["/statements", "/statements?client=canary-client"],
    "/clients": ["/clients", "/clients?sort=-resolution_time", "/clients?client=canary-client"],
    "/clients/{client_id}": ["/clients/acme", "/clients/canary-client"],
    "/kpis/{kpi_id}": [f"/kpis/resolution_time?{w}" for w in CUTS] + [f"/kpis/{k}" for k in KPIS[1:]],
    "/kpis/{kpi_id}/chart.json": ["/kpis/resolution_time/chart.json", "/kpis/backlog/chart.json?where=client=canary-client",
                                  "/kpis/resolution_time/chart.json?chart=cut&by=team",
                                  "/kpis/resolution_time/chart.json?chart=cut&by=technician",
                                  "/kpis/cost_per_ticket/chart.json?chart=distribution"],
    "/kpis/{kpi_id}/chart.{form}": ["/kpis/resolution_time/chart.svg", "/kpis/recurring_revenue/chart.svg"],
    "/kpis/{kpi_id}/rows": [f"/kpis/resolution_time/rows?{w}" for w in (*CUTS, "q=canary", "q=Hushington", "part=looked_at&least=0")]
     + [f"/kpis/{k}/rows" for k in KPIS[1:]]
     + ["/kpis/resolution_time/rows?columns=ticket_id,technician",
        "/kpis/resolution_time/rows?column=ticket_id&column=contact&q=whisperly"],
    "/kpis/{kpi_id}/rows.{form}": ["/kpis/resolution_time/rows.csv", "/kpis/cost_per_ticket/rows.csv", "/kpis/backlog/rows.csv?q=canary",
                                   "/kpis/resolution_time/rows.csv?columns=ticket_id,subject,contact,asset,department"],
    "/dashboards/panel": [
        f"/dashboards/panel?kpi={w}" for w in (
            "resolution_time&chart=bars&by=client", "tickets_created&chart=table&by=team&where=client=canary-client", "csat",
            "resolution_time&chart=bars&by=technician", "resolution_time&chart=series&where=technician=t-bob", "recurring_revenue",
            "tickets_created&chart=bars&by=x_extra",
        )
    ],
    "/tickets/{ticket_id}": ["/tickets/A-1", "/tickets/CANARY-1", "/tickets/CANARY-99"],
    "/sign-in": ["/sign-in", "/sign-in?next=//canary.example"],
    "/api/v1/kpis/{kpi_id}": [f"/api/v1/kpis/{k}" for k in KPIS],
    "/api/v1/kpis/{kpi_id}/answers": [f"/api/v1/kpis/resolution_time/answers?{w}" for w in CUTS]
     + [f"/api/v1/kpis/{k}/answers?by=client" for k in KPIS[1:]]
     + [f"/api/v1/kpis/resolution_time/answers?by=client&format={f}" for f in ("csv", "parquet")],
    "/api/v1/tickets": [f"/api/v1/tickets?{w}" for w in ("", "where=client=canary-client", "q=canary", "q=hushington", "sort=-client")],
    "/api/v1/queue": [f"/api/v1/queue?{w}" for w in ("", "where=client=canary-client", "where=technician=t-bob", "sort=client")],
    "/api/v1/answers": ["/api/v1/answers?kpi=resolution_time&kpi=csat&by=client"],
    "/api/v1/kpis/{kpi_id}/rows": [f"/api/v1/kpis/resolution_time/rows?{w}" for w in CUTS]
     + [f"/api/v1/kpis/{k}/rows" for k in KPIS[1:]]
     + [f"/api/v1/kpis/resolution_time/rows?{w}" for w in ("format=csv", "format=parquet", "part=excluded")],
}  # fmt: skip
"""Whole addresses for routes that are worth more, or less, than ALWAYS."""

SLOW = ("/?whole=true", "/kpis?whole=true", "/parts/moved", "/parts/C")
"""Addresses that ask every KPI at once: they are asked by the role with most to hide only."""

NO_WALK: dict[str, str] = {
    "/sign-out": "it ends the session that the walk goes on with",
    "/account/sessions/end-all": "it ends the sessions that the walk goes on with",
}
"""Routes that the walk leaves out, with the reason."""

FIELDS: dict[str, str] = {
    "client": "canary-client", "client_id": "canary-client", "team_id": "canary-it", "technician_id": "t-bob", "ticket_id": "CANARY-1",
    "kpi": "resolution_time", "email": "canary@example.org", "role": "administrator", "until": "2027-01-31", "valid_from": "2026-01-01",
}  # fmt: skip
"""What fields of forms are filled with."""


def routes(app: FastAPI, method: str) -> Iterator[APIRoute]:
    """Every route of the application that answers to a method."""

    def walk(found: list[Any]) -> Iterator[APIRoute]:
        for route in found:
            if isinstance(route, APIRoute) and method in (route.methods or ()):
                yield route
            inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
            if inner:
                yield from walk(list(inner))

    yield from walk(list(app.routes))


def paths(route: APIRoute) -> list[str]:
    """The paths of a route with its variables filled. Raises KeyError for a variable without values."""
    names = [p.name for p in route.dependant.path_params]
    for name in names:
        if name not in VARIABLES:
            raise KeyError(f"{route.path}: give the variable '{name}' its values in tests/web/addresses.py, VARIABLES")
    filled = []
    for values in itertools.product(*(VARIABLES[n] for n in names)):
        path = route.path
        for name, value in zip(names, values, strict=True):
            path = path.replace(f"{{{name}}}", quote(value)).replace(f"{{{name}:path}}", quote(value))
        filled.append(path)
    return filled


def addresses(app: FastAPI) -> dict[str, list[str]]:
    """The addresses of every route that is read, by the route's path."""
    found: dict[str, list[str]] = {}
    for route in routes(app, "GET"):
        if route.path in NO_WALK:
            continue
        asked = QUESTIONS.get(route.path)
        if asked is None:
            first, *others = paths(route)
            asked = [f"{first}?{w}" if w else first for w in ALWAYS] + others
        found[route.path] = asked
    return found


def _body_fields(dependant: Dependant) -> Iterator[Any]:
    """The fields of a form, those that its dependencies read among them."""
    yield from dependant.body_params
    for inner in dependant.dependencies:
        yield from _body_fields(inner)


def form_of(route: APIRoute) -> dict[str, str]:
    """What a form of that route could hold, without its token."""
    filled = {}
    for field in _body_fields(route.dependant):
        kind = field.field_info.annotation
        kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
        default = "1" if int in kinds or float in kinds else "canary"
        filled[field.alias] = FIELDS.get(field.alias, default)
    return filled
