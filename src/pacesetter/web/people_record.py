"""The record of one technician or team among peers, as pages show it.

Owns which KPIs make a record, and that somebody who sees only their own work is compared through figures of all together.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pacesetter.access.scope import among_peers
from pacesetter.api.desks import OpenDesk
from pacesetter.api.serving import Serving
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi
from pacesetter.reports.peers import Line, record_of
from pacesetter.web.frame import Sheet
from pacesetter.web.navigation import leads

OWN_KPIS = ("tickets_resolved", "speed_quality", "first_response_time", "resolution_time", "first_contact_resolution", "reopen_rate",
            "sla_compliance", "csat", "documentation_rate", "technician_efficiency", "technician_utilization")  # fmt: skip
TEAM_KPIS = ("tickets_resolved", "speed_quality", "first_response_time", "resolution_time", "first_contact_resolution", "reopen_rate",
             "sla_compliance", "csat", "escalation_rate", "ping_pong_rate", "documentation_rate")  # fmt: skip


def read_record(page: Sheet, serving: Serving, kpis: Iterable[Kpi], dimension: str, group: str) -> list[Line]:
    """The record of one group in the page's span. Ranks are told to those who lead, never to the one who is ranked."""
    with _peers(page, serving) as opened:
        now, before = (_of_all(q, dimension) for q in (page.now(), page.before()))
        return record_of(opened.ask, kpis, dimension, group, now, before, tell_place=leads(page.caller))


def _of_all(query: Query, dimension: str) -> Query:
    """The question without its filter on the compared dimension."""
    return replace(query, where={n: v for n, v in query.where.items() if n != dimension})


@contextlib.contextmanager
def _peers(page: Sheet, serving: Serving) -> Iterator[OpenDesk]:
    scope = among_peers(page.desk.scope)
    if scope is page.desk.scope:
        yield page.opened
        return
    with serving.desks.open(scope) as opened:
        yield opened
