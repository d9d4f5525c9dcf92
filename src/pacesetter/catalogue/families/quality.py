"""Family B, quality of resolution: whether what was solved stays solved, and at which level."""

from pacesetter.catalogue.record import Better, Definition, Example, Kpi, Part, Unit, count_of, share

_RESOLVED = count_of("resolutions", "resolved")
_FIRST_CONTACT = "NOT had_second_contact AND NOT was_escalated AND handoffs = 0 AND NOT was_reopened_in_window"
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
            "reported": _first_contact(
                "tickets that the source itself reports as solved on first contact ÷ resolved tickets with such a report",
                _REPORTED,
                "reported_first_contact",
                "reported_first_contact",
            ),
        },
        people=True,
        caveats=("As a goal for a person it is gamed.", "First contact and first level are different things."),
        users=("service delivery manager", "account manager", "client's IT manager"),
        example=Example(text="90 of 100 resolved tickets: 90 %", value=90),
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
)
