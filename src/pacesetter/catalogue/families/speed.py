"""Family A, speed: how long tickets wait, run and stay silent."""

from pacesetter.catalogue.record import Better, Example, Kpi, Part, Unit, count_of, duration

_RESPONDED = count_of("responses", "first_response")
_RESOLVED = count_of("resolutions", "resolved")
_CLOSED = count_of("closures", "closed")
_FIRST_ESCALATION = Part(fact="escalations", anchor="escalated", where="is_first")
_ACTED_ON = Part(fact="escalations", anchor="escalated", where="was_acted_on")

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
        hours="business",
        people=True,
        floor=10,
        caveats=(
            "Tickets that nobody answered are not in it.",
            "Automatic replies, private notes and the requester's own messages do not count.",
        ),
        users=("service delivery manager", "account manager", "client's IT manager", "technician"),
        example=Example(text="20 tickets that waited 400 minutes in all: 20 minutes", value=1200),
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
    ),
)
