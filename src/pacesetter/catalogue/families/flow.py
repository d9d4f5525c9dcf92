"""Family C, volume, flow and collaboration: what comes in, what goes out, and through how many hands."""

from pacesetter.catalogue.record import (
    Better,
    Definition,
    Example,
    Formula,
    Kpi,
    Part,
    Unit,
    count,
    count_of,
    duration,
    share,
)  # fmt: skip

_CREATED = count_of("tickets", "created")
_RESOLVED = count_of("resolutions", "resolved")
_CLOSED = count_of("closures", "closed")
_OPEN = Part(fact="backlog", anchor="instant")
_EVERYBODY = ("service delivery manager", "account manager", "client's IT manager")


def _per_resolved(text: str, value: str, *needs: str) -> Definition:
    numerator = Part(fact="resolutions", anchor="resolved", value=value)
    return Definition(
        text=text, numerator=numerator, denominator=_RESOLVED, statistics=("ratio",), needs=("resolutions", *needs)
    )


KPIS = (
    Kpi(
        id="tickets_created",
        family="C",
        title="Tickets created",
        question="How much comes in?",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        definition=count("tickets created", _CREATED),
        floor=0,
        users=_EVERYBODY,
        example=Example(text="120 tickets: 120", value=120),
    ),
    Kpi(
        id="tickets_resolved",
        family="C",
        title="Tickets resolved",
        question="How much is solved?",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        definition=count("tickets whose final resolution lies in the period", _RESOLVED, "resolutions"),
        floor=0,
        users=_EVERYBODY,
        example=Example(text="100 tickets: 100", value=100),
    ),
    Kpi(
        id="tickets_closed",
        family="C",
        title="Tickets closed",
        question="How much is done with?",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        definition=count("tickets whose final closure lies in the period", _CLOSED, "closures"),
        floor=0,
        users=_EVERYBODY,
        example=Example(text="100 tickets: 100", value=100),
    ),
    Kpi(
        id="new_to_closed_ratio",
        family="C",
        title="New to closed",
        question="Does more come in than goes out?",
        unit=Unit.RATIO,
        better=Better.LOWER,
        definition=Definition(
            text="tickets created ÷ tickets closed, each in the period of its own moment",
            numerator=_CREATED,
            denominator=_CLOSED,
            statistics=("ratio",),
            needs=("closures",),
        ),
        users=("service delivery manager",),
        example=Example(text="120 created, 100 closed: 1.2", value=1.2),
    ),
    Kpi(
        id="net_ticket_change",
        family="C",
        title="Net ticket change",
        question="By how much does the pile grow?",
        unit=Unit.COUNT,
        better=Better.LOWER,
        definition=Definition(
            text="tickets created − tickets closed, each in the period of its own moment",
            numerator=_CREATED,
            denominator=_CLOSED,
            formula=Formula.DIFFERENCE,
            statistics=("count",),
            needs=("closures",),
        ),
        floor=0,
        users=("service delivery manager",),
        example=Example(text="120 created, 100 closed: 20", value=20),
    ),
    Kpi(
        id="backlog",
        family="C",
        title="Backlog",
        question="How much is open at the end of the period?",
        unit=Unit.COUNT,
        better=Better.LOWER,
        definition=count("tickets open at the end of the period, from history", _OPEN),
        instant=True,
        floor=0,
        caveats=("Never summed over periods.",),
        users=_EVERYBODY,
        example=Example(text="120 came, 100 were resolved: 20", value=20),
    ),
    Kpi(
        id="backlog_age",
        family="C",
        title="Age of the backlog",
        question="How old is what is open?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=duration("mean age of the tickets open at the end of the period", _OPEN, "age_s"),
        hours="calendar",
        instant=True,
        floor=10,
        users=("service delivery manager",),
        example=Example(text="two tickets, 1 and 3 days old: 2 days", value=172800),
    ),
    Kpi(
        id="resolution_rate",
        family="C",
        title="Resolution rate",
        question="Is as much solved as comes in?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=Definition(
            text="tickets resolved ÷ tickets opened in the period, each in the period of its own moment",
            numerator=_RESOLVED,
            denominator=_CREATED,
            scale=100.0,
            statistics=("ratio",),
            needs=("resolutions",),
        ),
        caveats=("It passes 100 % when the backlog shrinks.",),
        users=_EVERYBODY,
        example=Example(text="100 resolved, 120 opened: 83.3 %", value=100 * 100 / 120),
    ),
    Kpi(
        id="escalation_rate",
        family="C",
        title="Escalation rate",
        question="How much of the work has to go to a higher tier?",
        unit=Unit.PERCENT,
        better=Better.LOWER,
        definition=Definition(
            text="tickets that went to a higher tier ÷ tickets handled (resolved or escalated in the period)",
            numerator=Part(
                fact="handled", anchor="handled", value="CASE WHEN is_escalation THEN 1 ELSE 0 END", distinct=True
            ),
            denominator=Part(fact="handled", anchor="handled", distinct=True),
            scale=100.0,
            needs=("escalations",),
        ),
        caveats=("A ticket counts once in a period: months do not add up to the year.",),
        users=("service delivery manager",),
        example=Example(text="15 of 100 tickets handled: 15 %", value=15),
    ),
    Kpi(
        id="escalation_bounce_rate",
        family="C",
        title="Escalations sent back",
        question="How many escalations were none?",
        unit=Unit.PERCENT,
        better=Better.LOWER,
        definition=share(
            "escalations that the next handoff sent back to the tier they came from ÷ escalations",
            count_of("escalations", "escalated"),
            "came_back",
            "escalations",
            "team_events",
        ),
        users=("service delivery manager",),
        example=Example(text="3 of 20 escalations: 15 %", value=15),
    ),
    Kpi(
        id="handoffs_per_ticket",
        family="C",
        title="Handoffs per ticket",
        question="Through how many hands does a ticket go?",
        unit=Unit.RATIO,
        better=Better.LOWER,
        definition=_per_resolved(
            "changes of team or organisation before the final resolution ÷ resolved tickets", "handoffs", "team_history"
        ),
        users=("service delivery manager", "client's IT manager"),
        example=Example(text="50 handoffs of 100 resolved tickets: 0.5", value=0.5),
    ),
    Kpi(
        id="ping_pong_rate",
        family="C",
        title="Ping-pong rate",
        question="How many tickets go back and forth?",
        unit=Unit.PERCENT,
        better=Better.LOWER,
        definition=share(
            "resolved tickets that returned to a team that had handed them over ÷ resolved tickets",
            _RESOLVED,
            "returns > 0",
            "resolutions",
            "team_events",
        ),
        users=("service delivery manager", "client's IT manager"),
        example=Example(text="4 of 100 resolved tickets: 4 %", value=4),
    ),
)
