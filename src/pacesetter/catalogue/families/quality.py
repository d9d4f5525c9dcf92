"""Family B, quality of resolution: whether what was solved stays solved, and at which level."""

from pacesetter.catalogue.record import Better, Definition, Example, Formula, Kpi, Part, Unit, count_of, share
from pacesetter.engine.dialect import Type

_RESOLVED = count_of("resolutions", "resolved")
_FIRST_CONTACT = "NOT had_second_contact AND NOT was_escalated AND handoffs = 0 AND NOT was_reopened_in_window"
_MOVED = "was_escalated OR handoffs > 0 OR was_reopened_in_window"
_INCIDENTS = count_of("resolutions", "resolved", where="type = 'incident'")
_FIXES = count_of("resolutions", "resolved", where="type = 'incident' AND fix IS NOT NULL")
_DESK = ("service delivery manager",)
_BOTH = ("service delivery manager", "client's IT manager")
_REPORTED = count_of("resolutions", "resolved", where="reported_first_contact IS NOT NULL")


def _first_contact(text: str, of: Part, hit: str, *needs: str) -> Definition:
    return share(text, of, hit, "resolutions", *needs)


KPIS = (
    Kpi(
        id="first_contact_resolution",
        family="B",
        title="First contact resolution (FCR)",
        question="How many tickets does one contact solve?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_first_contact(
            "tickets resolved with no second contact by the requester, no escalation, no change of team and no reopening within the "
            "window ÷ resolved tickets",
            _RESOLVED,
            _FIRST_CONTACT,
            "replies",
        ),
        default_variant="gross",
        variants={
            "eligible": _first_contact(
                "the same, of the resolved tickets whose type and category a first contact could solve",
                count_of("resolutions", "resolved", where="fits_first_contact"),
                _FIRST_CONTACT,
                "replies",
            ),
            "one_hour": _first_contact(
                "tickets resolved in the same contact (phone, chat, walk-in), or within one business hour of an e-mail or portal message, "
                "with no escalation, change of team or reopening within the window ÷ resolved tickets",
                _RESOLVED,
                f"NOT ({_MOVED}) AND CASE WHEN channel IN ('phone', 'chat', 'walk_in') THEN NOT had_second_contact "
                "ELSE business_s <= 3600 AND NOT is_early END",
                "replies",
            ),
            "one_touch": _first_contact(
                "tickets resolved with at most one public reply by a technician and not reopened ÷ resolved tickets",
                _RESOLVED,
                "technician_replies <= 1 AND NOT was_reopened",
                "replies",
            ),
            "no_reassignment": _first_contact(
                "tickets resolved without any change of team or technician ÷ resolved tickets",
                _RESOLVED,
                "handoffs = 0 AND reassignments = 0",
                "team_history",
            ),
            "reported": _first_contact(
                "tickets that the source itself reports as solved on first contact ÷ resolved tickets with such a report",
                _REPORTED,
                "reported_first_contact",
                "reported_first_contact",
            ),
        },
        people=True,
        caveats=(
            "As a goal for a person it is gamed.",
            "First contact and first level are different things.",
            "On a ticket that a robot opened the first contact is the requester's first message.",
        ),
        users=("service delivery manager", "account manager", "client's IT manager"),
        example=Example(text="90 of 100 resolved tickets: 90 %", value=90),
        revision=3,
    ),
    Kpi(
        id="first_level_resolution",
        family="B",
        title="First level resolution (FLR)",
        question="How many tickets does tier 1 solve by itself?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "tickets resolved by tier 1 without any escalation ÷ resolved tickets",
            _RESOLVED,
            "tier = 1 AND NOT was_escalated",
            "resolutions",
            "tiers",
        ),
        users=("service delivery manager",),
        example=Example(text="70 of 100 resolved tickets: 70 %", value=70),
    ),
    Kpi(
        id="reopen_rate",
        family="B",
        title="Reopen rate",
        question="How many resolved tickets had come back?",
        unit=Unit.PERCENT,
        better=Better.LOWER,
        definition=share(
            "resolved tickets that had been reopened ÷ resolved tickets",
            _RESOLVED,
            "was_reopened",
            "resolutions",
            "reopenings",
        ),
        caveats=("A ticket that was reopened and is still open is in neither; it is in the backlog.",),
        users=("service delivery manager", "account manager", "client's IT manager", "technician"),
        example=Example(text="5 of 100 resolved tickets: 5 %", value=5),
    ),
    Kpi(
        id="repeat_incident_rate",
        family="B",
        title="Repeat incidents",
        question="How many incidents have been there before?",
        unit=Unit.PERCENT,
        better=Better.LOWER,
        definition=share(
            "incidents for which the same requester or asset, in the same category, had one resolved in the 30 days before (window set by "
            "the workspace) ÷ incidents",
            count_of("incidents", "created"),
            "is_repeat",
            "resolutions",
            "requesters",
            "categories",
        ),
        caveats=("Requesters and assets are compared within one client, by their ids.",),
        users=_BOTH,
        example=Example(text="6 of 100 incidents had one before: 6 %", value=6),
    ),
    Kpi(
        id="resolution_accuracy",
        family="B",
        title="Resolution accuracy",
        question="How much of what was solved stayed solved?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "resolved tickets neither reopened within the window nor followed by a repeat incident within 30 days ÷ resolved tickets",
            count_of("outcomes", "resolved"),
            "NOT was_undone",
            "resolutions",
            "requesters",
            "categories",
        ),
        caveats=("A resolution of the last 30 days may still be undone: read it with its as-of instant.",),
        users=(*_BOTH, "technician"),
        example=Example(text="4 of 100 resolved tickets were reopened, 6 came again: 90 %", value=90),
    ),
    Kpi(
        id="root_cause_rate",
        family="B",
        title="Root cause known",
        question="How often do we know why it happened?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "resolved incidents with a root cause recorded ÷ resolved incidents",
            _INCIDENTS,
            "root_cause IS NOT NULL",
            "resolutions",
            "root_causes",
        ),
        users=_DESK,
        example=Example(text="60 of 100 resolved incidents: 60 %", value=60),
    ),
    Kpi(
        id="permanent_fix_rate",
        family="B",
        title="Permanent fixes",
        question="Do we mend, or patch?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "resolved incidents with a permanent fix ÷ resolved incidents with a fix or a workaround recorded",
            _FIXES,
            "fix = 'permanent'",
            "resolutions",
            "fixes",
        ),
        users=_DESK,
        example=Example(text="30 permanent fixes and 10 workarounds: 75 %", value=75),
    ),
    Kpi(
        id="documentation_rate",
        family="B",
        title="Documented resolutions",
        question="Could the next one read how it was solved?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "resolved tickets with a usable resolution note ÷ resolved tickets; usable is long enough and no empty phrase, both set by the "
            "workspace",
            _RESOLVED,
            "has_usable_note",
            "resolutions",
            "notes",
        ),
        users=(*_DESK, "technician"),
        example=Example(text="80 of 100 resolved tickets: 80 %", value=80),
    ),
    Kpi(
        id="speed_quality",
        family="B",
        title="Speed and quality",
        question="Who is quick and right, on the same mix of work?",
        unit=Unit.RATIO,
        better=Better.NEITHER,
        definition=Definition(
            text="by technician or team: the median resolution time relative to peers on the same type, category and priority (1 is like "
            "the peers, below 1 faster), shrunk for small numbers; beside it resolution accuracy, and the rank of the Pareto front of both",
            numerator=Part(fact="outcomes", anchor="resolved", value="resolved_after_s"),
            denominator=count_of("outcomes", "resolved"),
            formula=Formula.RATIO,
            statistics=("relative_time",),
            needs=("resolutions", "categories"),
            method="speed_quality",
            columns=(
                ("resolved_after_s", Type.NUMBER),
                ("COALESCE(type, '')", Type.TEXT),
                ("COALESCE(category, '')", Type.TEXT),
                ("COALESCE(priority, '')", Type.TEXT),
                ("CASE WHEN was_undone THEN 1 ELSE 0 END", Type.NUMBER),
            ),
            recompute="for each technician (or team): the median of ln(times_expected) over the rows that have one, × kept, "
            "and e to the power of that. times_expected is value, at least 1 second, ÷ expected_s, which is the "
            "median time (of its logarithms) of the others' rows of the same type, category and priority, five or "
            "more; kept is the share that shrinkage leaves. accuracy is 100 × rows with was_undone = 0 ÷ rows",
            additive=False,
        ),
        hours="business",
        floor=20,
        caveats=("A comparison, not a score: shown only for people or teams with peers on the same work.",),
        users=("service delivery manager", "team lead"),
        example=Example(text="half of the peers' time on every single ticket: 0.5", value=0.5),
        revision=2,
    ),
)
