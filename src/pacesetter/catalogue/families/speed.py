"""Family A, speed: how long tickets wait, run and stay silent."""

from pacesetter.catalogue.record import Better, Definition, Example, Formula, Kpi, Part, Unit, count_of, duration
from pacesetter.engine.dialect import Type

_RESPONDED = count_of("responses", "first_response")
_RESOLVED = count_of("resolutions", "resolved")
_CLOSED = count_of("closures", "closed")
_FIRST_ESCALATION = Part(fact="escalations", anchor="escalated", where="is_first")
_HELD = Part(fact="hands", anchor="resolved", value="held_s")
_ACTED_ON = Part(fact="escalations", anchor="escalated", where="was_acted_on")

_CENSORED = Definition(
    text="median time from creation to final resolution by the Kaplan–Meier estimator, of tickets created in the period; those "
    "still open or cancelled are right-censored. With its 95 % band (log-log) and the curve",
    numerator=Part(fact="lifetimes", anchor="created", value="lived_s", where="lived_s IS NOT NULL"),
    formula=Formula.SUM,
    statistics=("median",),
    needs=("resolutions",),
    method="kaplan_meier",
    columns=(("lived_s", Type.NUMBER), ("CASE WHEN is_resolved THEN 1 ELSE 0 END", Type.NUMBER)),
    recompute="take the rows by lived_s. The share still open is 1 at first; at each lived_s of a row with is_resolved = 1 "
    "it is multiplied by 1 − (such rows of that lived_s ÷ rows of that lived_s or more). The median is the first "
    "lived_s at which it is a half or less",
    additive=False,
)
_WITH_AUTOMATIC = duration(
    "mean time from creation to the first public reply of a technician or of an automation",
    count_of("replies", "first_response"),
    "replied_after_s",
    "first_responses",
)
_COUNTED_TO_NOW = duration(
    "mean wait for the first response; open tickets that nobody has answered wait up to the as-of instant and count in its period",
    count_of("waits", "first_response"),
    "waited_s",
    "first_responses",
)
_FIRST_RESOLUTION = duration(
    "mean time from creation to the first resolution, whether or not it held",
    count_of("first_resolutions", "resolved"),
    "resolved_after_s",
    "resolutions",
)
_TO_CLOSURE = duration(
    "mean time from creation to the final closure, automatic closing days after the resolution in it",
    _CLOSED,
    "closed_after_s",
    "closures",
)

KPIS = (
    Kpi(
        id="first_response_time",
        family="A",
        title="First response time",
        question="How long do people wait until a human answers?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=duration(
            "mean time from creation to the first public reply by a technician of the MSP or of internal IT; a ticket logged by a "
            "technician during a live contact is answered at creation",
            _RESPONDED,
            "responded_after_s",
            "first_responses",
        ),
        default_variant="human",
        variants={"with_automatic": _WITH_AUTOMATIC, "unanswered_to_now": _COUNTED_TO_NOW},
        hours="business",
        people=True,
        floor=10,
        caveats=(
            "Tickets that nobody answered are not in it.",
            "Automatic replies, private notes and the requester's own messages do not count.",
        ),
        users=("service delivery manager", "account manager", "client's IT manager", "technician"),
        example=Example(text="20 tickets that waited 400 minutes in all: 20 minutes", value=1200),
        revision=2,
    ),
    Kpi(
        id="resolution_time",
        family="A",
        title="Resolution time",
        question="How long does it take until a ticket is solved for good?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=duration(
            "mean time from creation to the final resolution, the one that no reopening follows",
            _RESOLVED,
            "resolved_after_s",
            "resolutions",
        ),
        default_variant="final",
        variants={"first": _FIRST_RESOLUTION, "to_closure": _TO_CLOSURE, "open_censored": _CENSORED},
        hours="business",
        floor=10,
        caveats=("Tickets still open are not in it; time_to_resolution_median_km has them.",),
        users=("service delivery manager", "account manager", "client's IT manager", "technician"),
        example=Example(text="tickets open for 1, 2 and 6 hours: 3 hours", value=10800),
    ),
    Kpi(
        id="mttr",
        family="A",
        title="Mean time to closure (MTTR)",
        question="How long is a ticket on the books?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=duration(
            "mean time from opening to the closure that no reopening follows", _CLOSED, "closed_after_s", "closures"
        ),
        hours="calendar",
        floor=10,
        caveats=("Automatic closing days after the resolution is in it.",),
        users=("service delivery manager", "client's IT manager"),
        example=Example(text="tickets closed after 1 and 3 days: 2 days", value=172800),
    ),
    Kpi(
        id="time_to_escalate",
        family="A",
        title="Time to escalate",
        question="How long does a ticket stay before it goes to a higher tier?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=duration(
            "mean time from creation to the first escalation, of escalated tickets",
            _FIRST_ESCALATION,
            "escalated_after_s",
            "escalations",
        ),
        hours="business",
        floor=10,
        users=("service delivery manager",),
        example=Example(text="escalated after 30 and 90 minutes: 1 hour", value=3600),
    ),
    Kpi(
        id="escalation_response_time",
        family="A",
        title="Escalation response time",
        question="How long does the higher tier take to act?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=duration(
            "mean time from an escalation to the first action by a technician of the receiving tier",
            _ACTED_ON,
            "acted_after_s",
            "escalations",
        ),
        hours="business",
        floor=10,
        caveats=("Escalations that nobody has acted on yet are not in it.",),
        users=("service delivery manager",),
        example=Example(text="acted on after 10 and 30 minutes: 20 minutes", value=1200),
        revision=2,
    ),
    Kpi(
        id="update_interval",
        family="A",
        title="Longest silence",
        question="How long do we leave people without a word?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=Definition(
            text="mean of each resolved ticket's longest time in new or active between two public replies of technicians; creation and "
            "final resolution are ends as well",
            numerator=Part(fact="resolutions", anchor="resolved", value="silent_s"),
            denominator=_RESOLVED,
            statistics=("mean", "p90"),
            needs=("resolutions", "replies"),
        ),
        hours="business",
        floor=10,
        caveats=(
            "Time in which the requester, a vendor or a date was waited for does not count.",
            "Tickets still open are not in it.",
        ),
        users=("service delivery manager", "account manager", "client's IT manager"),
        example=Example(text="longest silences of 60 and 120 minutes: 90 minutes", value=5400),
        revision=2,
    ),
    Kpi(
        id="time_in_hands",
        family="A",
        title="Time in hands",
        question="Who had the ticket while it took so long?",
        unit=Unit.SECONDS,
        better=Better.NEITHER,
        definition=Definition(
            text="time from creation to final resolution by who held the ticket (dimension holder): requester, vendor, client, the MSP "
            "tier by tier, nobody; the parts sum to the whole. The mean is over the tickets that the holder had",
            numerator=_HELD,
            denominator=Part(fact="hands", anchor="resolved", distinct=True),
            statistics=("mean",),
            needs=("resolutions",),
        ),
        hours="business",
        floor=10,
        caveats=(
            "The requester holds while it is waited for the requester, a vendor while it is waited for one, otherwise the team that has "
            "the ticket; nobody where no team has it.",
        ),
        users=("service delivery manager", "account manager", "client's IT manager"),
        example=Example(text="one ticket 1 hour with tier 1 and 2 hours with the requester: 3 hours", value=10800),
    ),
    Kpi(
        id="time_to_resolution_median_km",
        family="A",
        title="Median time to resolution, open tickets counted",
        question="How long does a ticket really take, those still open included?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=_CENSORED,
        hours="calendar",
        floor=10,
        caveats=("Where fewer than half of the tickets are resolved there is no median yet, and the answer says so.",),
        users=("service delivery manager", "owner"),
        example=Example(text="tickets resolved after 1, 2 and 6 hours, none open: 2 hours", value=7200),
    ),
)
