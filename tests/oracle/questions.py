"""What is asked of a generated bundle, by seed."""

from collections.abc import Iterator
from datetime import timedelta

from oracle.bundles import Plan
from oracle.compare import Asked
from oracle.oracle import KPIS, STANDING

VERDICTS = ("sla_response_compliance", "sla_resolution_compliance", "sla_compliance")
VOICE = ("csat", "csat_response_rate", "nps")
TICKETS = tuple(k for k in (*KPIS, *STANDING) if k not in (*VERDICTS, *VOICE))
EVERYTHING = (*TICKETS, *VOICE)
FIRST_CONTACT = ("first_contact_resolution",)
ACTED = ("first_response_time", "resolution_time", "tickets_resolved", "tickets_closed", "escalation_rate", "escalation_bounce_rate",
         "first_contact_resolution", "first_level_resolution", "handoffs_per_ticket", "kb_usage_rate")  # fmt: skip
CUTS = (("tier",), ("organisation", "type"), ("technician",), ("category", "subcategory"), ("channel",), ("x_region",),
        ("source", "client"), ("department",), ("site",), ("priority",))  # fmt: skip
FILTERS = ({"type": "alert"}, {"type": "incident"}, {"client": "böhm"}, {"team": "desk"}, {"tier": "2"},
           {"priority": "P1", "client": "acme"}, {"organisation": "msp"}, {"technician": "net-1"})  # fmt: skip


def questions(plan: Plan, seed: int) -> Iterator[tuple[str, Asked]]:
    """Named questions about the bundle of a seed."""
    first, last, end, middle = plan.first, plan.last, plan.end, plan.middle
    near = plan.special - timedelta(days=3), plan.special + timedelta(days=4)
    yield "whole", Asked(EVERYTHING, first, last, "all", end)
    yield "months", Asked(EVERYTHING, first, last, "month", end)
    yield "months by client", Asked(EVERYTHING, first, last, "month", end, by=("client",))
    yield "months as of the middle", Asked(EVERYTHING, first, last, "month", middle)
    yield "days about the special one", Asked(EVERYTHING, *near, "day", end)
    yield "by team and priority as of the middle", Asked(TICKETS, first, last, "all", middle, by=("team", "priority"))
    yield "cut", Asked(TICKETS, first, last, "quarter", end, by=CUTS[seed % len(CUTS)])
    yield "filtered", Asked(TICKETS, first, last, "month", end, where=FILTERS[seed % len(FILTERS)])
    yield "by agreement", Asked(EVERYTHING, first, last, "all", end, by=("agreement",))
    yield (
        "by agreement and client as of the middle",
        Asked(TICKETS, first, last, "quarter", middle, by=("agreement", "client")),
    )
    yield (
        "of an agreement and an offering",
        Asked(TICKETS, first, last, "all", end, where={"agreement": "a1", "offering": "desk"}),
    )
    yield "by shift", Asked(ACTED, first, last, "month", end, by=("shift",))
    yield "by shift and team as of the middle", Asked(ACTED, first, last, "all", middle, by=("shift", "team"))
    yield "hands", Asked(("time_in_hands",), first, last, "month", end, by=("holder",))
    yield "verdicts", Asked(VERDICTS, first, last, "month", end, by=("client",), variant="reported")
    yield "first contact reported", Asked(FIRST_CONTACT, first, last, "month", end, variant="reported")
    yield "first contact eligible", Asked(FIRST_CONTACT, first, last, "month", end, variant="eligible")
    yield from _in_turn(plan, seed)


def _in_turn(plan: Plan, seed: int) -> Iterator[tuple[str, Asked]]:
    first, last, end, middle = plan.first, plan.last, plan.end, plan.middle
    monday = first - timedelta(days=first.weekday())
    january = first.replace(month=1, day=1)
    if seed % 3 == 0:
        yield "weeks", Asked(TICKETS, monday, monday + timedelta(weeks=30), "week", middle)
        yield "nothing yet", Asked(EVERYTHING, january.replace(year=2010), january.replace(year=2011), "quarter", end)
    elif seed % 3 == 1:
        yield "years", Asked(EVERYTHING, january, january.replace(year=january.year + 2), "year", end)
    else:
        yield "voice", Asked(VOICE, first, last, "month", middle, by=("channel",), where={"client": "acme"})
        if plan.zone != "Australia/Lord_Howe":  # its clocks move by half an hour: no hour to cut at
            hours = plan.special, plan.special + timedelta(days=1)
            yield "hours", Asked(("tickets_created", "backlog", "first_response_time"), *hours, "hour", end)
