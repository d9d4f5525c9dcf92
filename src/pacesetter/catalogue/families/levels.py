"""Family D, service levels: whether what was promised was kept."""

from pacesetter.catalogue.record import (
    Better,
    Companion,
    Definition,
    Example,
    Formula,
    Kpi,
    Listing,
    Part,
    Unit,
    count,
    count_of,
    duration,
    share,
)  # fmt: skip

_READERS = ("service delivery manager", "account manager", "client's IT manager")
_JUDGED = "outcome IN ('met', 'breached', 'unknown')"
_PATCH_WORDS = "('patch', 'patches', 'patching', 'patch deployment', 'patch management', 'updates')"
_PATCH = f"(COALESCE(LOWER(category), '') IN {_PATCH_WORDS} OR COALESCE(LOWER(subcategory), '') IN {_PATCH_WORDS})"
_OPEN_BREACH = "A clock past its due instant counts as broken while it still runs."
_NO_CALENDAR = "A target in business hours without a calendar is not judged, and counted as no_calendar."


def _met(text: str, where: str, *needs: str) -> Definition:
    return share(text, count_of("clocks", "due", where=f"{where} AND {_JUDGED}"), "outcome = 'met'", *needs)


def _reported(text: str, verdict: str, hit: str, need: str) -> Definition:
    return share(text, count_of("resolutions", "resolved", where=verdict), hit, need)


_BREACHES = Part(fact="clocks", anchor="due", where="outcome = 'breached'")
_OVER = duration(
    "mean time over target of broken clocks; of those that still run, up to the as-of instant",
    Part(fact="overruns", anchor="due", where="over_s IS NOT NULL"),
    "over_s",
    "sla_targets",
)

KPIS = (
    Kpi(
        id="sla_response_compliance",
        family="D",
        title="Response SLA met",
        question="How often is the first answer in time?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_met(
            "first responses within their target ÷ response clocks that were met or ran out",
            "clock = 'respond'",
            "respond_targets",
        ),
        default_variant="clocks",
        variants={
            "closed_only": _met(
                "the same without clocks that ran out and still run: what looks fine until the ticket is answered",
                "clock = 'respond' AND has_ended",
                "respond_targets",
            ),
            "reported": _reported(
                "tickets whose response the source itself reports as in time ÷ resolved tickets with such a report",
                "reported_response_met IS NOT NULL",
                "reported_response_met",
                "reported_response",
            ),
        },
        people=True,
        caveats=(
            _OPEN_BREACH,
            "A ticket resolved or cancelled without an answer, before it was due, is not judged.",
            _NO_CALENDAR,
        ),
        users=_READERS,
        example=Example(text="95 of 100 tickets: 95 %", value=95),
        revision=3,
    ),
    Kpi(
        id="sla_resolution_compliance",
        family="D",
        title="Resolution SLA met",
        question="How often is the solution in time?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_met(
            "resolutions within their target, pauses out ÷ resolution clocks that were met or ran out",
            "clock = 'resolve'",
            "resolve_targets",
        ),
        default_variant="clocks",
        variants={
            "closed_only": _met(
                "the same without clocks that ran out and still run: what looks fine until the ticket is closed",
                "clock = 'resolve' AND has_ended",
                "resolve_targets",
            ),
            "reported": _reported(
                "tickets whose resolution the source itself reports as in time ÷ resolved tickets with such a report",
                "reported_resolution_met IS NOT NULL",
                "reported_resolution_met",
                "reported_resolution",
            ),
        },
        caveats=(_OPEN_BREACH, "A clock that a policy restarts is judged once per cycle.", _NO_CALENDAR),
        users=_READERS,
        example=Example(text="95 of 100 tickets: 95 %", value=95),
        revision=2,
    ),
    Kpi(
        id="sla_compliance",
        family="D",
        title="SLA met",
        question="How often is every promise to a ticket kept?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "tickets all of whose clocks were met or fell away ÷ tickets of which one clock ran out, or all have ended",
            count_of("verdicts", "due"),
            "is_kept",
            "sla_targets",
        ),
        default_variant="clocks",
        variants={
            "closed_only": share(
                "the same without tickets of which every broken clock still runs: what looks fine until they are closed",
                count_of("closed_verdicts", "due"),
                "is_kept",
                "sla_targets",
            ),
            "reported": _reported(
                "tickets for which every verdict that the source itself reports is met ÷ resolved tickets with such a report",
                "reported_response_met IS NOT NULL OR reported_resolution_met IS NOT NULL",
                "COALESCE(reported_response_met, TRUE) AND COALESCE(reported_resolution_met, TRUE)",
                "reported_sla",
            ),
        },
        caveats=(
            "One broken clock of four breaks the ticket, at that instant; cut sla_breaches by clock to see which.",
            "A ticket with no broken clock is judged when the last of its clocks has ended.",
            "A ticket with no broken clock and one that cannot be judged, for want of a calendar, is out: whether it kept everything is "
            "unknown.",
        ),
        users=_READERS,
        example=Example(text="95 of 100 tickets: 95 %", value=95),
        revision=3,
    ),
    Kpi(
        id="sla_breaches",
        family="D",
        title="SLA breaches",
        question="How often, by how much, and in whose hands do promises break?",
        unit=Unit.COUNT,
        better=Better.LOWER,
        definition=Definition(
            text="clocks that ran out, in the period in which they were due",
            numerator=_BREACHES,
            formula=Formula.SUM,
            statistics=("count",),
            needs=("sla_targets",),
            listing=Listing(name="held_by", part=_BREACHES, column="holder"),
            companions={
                "mean": Companion(unit=Unit.SECONDS, definition=_OVER),
                "p90": Companion(unit=Unit.SECONDS, definition=_OVER),
            },
        ),
        hours="business",
        floor=0,
        caveats=(
            "Every clock counts (respond, plan, update, resolve); cut by clock to keep them apart, by holder to see who held the ticket "
            "when it broke.",
            "The time over target of a clock that still runs grows until it ends: it is that up to the as-of instant.",
        ),
        users=_READERS,
        example=Example(text="two response clocks and one resolution clock ran out: 3", value=3),
        revision=3,
    ),
    Kpi(
        id="sla_breach_hands",
        family="D",
        title="Hands before a breach",
        question="Who had the ticket for how long before the promise broke?",
        unit=Unit.SECONDS,
        better=Better.NEITHER,
        definition=Definition(
            text="time from the start of a clock's cycle to the instant at which it ran out, by who held the ticket (dimension holder); "
            "the parts sum to the whole. The mean is over the broken clocks in which the holder had a part",
            numerator=Part(fact="breach_hands", anchor="due", value="held_s"),
            denominator=Part(fact="breach_hands", anchor="due", distinct=True, key="break_key"),
            statistics=("mean",),
            needs=("sla_targets",),
        ),
        hours="business",
        floor=10,
        caveats=("Who held the ticket at the very instant is in sla_breaches, dimension holder.",),
        users=_READERS,
        example=Example(
            text="a clock of 4 hours broke after 1 hour with tier 1 and 3 with tier 2: 3 hours for msp tier 2",
            value=10800,
        ),
        revision=2,
    ),
    Kpi(
        id="sla_at_risk",
        family="D",
        title="SLA at risk",
        question="What will break next if nobody acts?",
        unit=Unit.COUNT,
        better=Better.LOWER,
        definition=count(
            "open tickets with a running clock that will run out within the hours that the workspace sets (rules.at_risk_hours)",
            Part(fact="risks", anchor="instant", distinct=True),
            "sla_targets",
        ),
        instant=True,
        floor=0,
        caveats=(
            "Hours are those of the clock: business hours for a target in business hours, plain hours for one in calendar time.",
            "By creation it is of the tickets created in the period: those at risk at the as-of instant.",
            "A paused clock is not at risk; 'pacesetter sla at-risk' lists the tickets, soonest first.",
        ),
        users=("service delivery manager", "technician"),
        example=Example(text="of 12 open tickets 4 have less than 8 business hours left: 4", value=4),
        revision=3,
    ),
    Kpi(
        id="patch_on_time_rate",
        family="D",
        title="Patches on time",
        question="Are patches in place when they should be?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_met(
            "patch deployments resolved within their target ÷ patch deployments whose clock was met or ran out",
            f"clock = 'resolve' AND {_PATCH}",
            "resolve_targets",
        ),
        caveats=(
            "A patch deployment is a ticket whose category or subcategory is one of patch, patches, patching, patch deployment, patch "
            "management, updates, in any spelling of capitals.",
        ),
        users=("service delivery manager", "client's IT manager"),
        example=Example(text="95 of 100 deployments: 95 %", value=95),
    ),
    Kpi(
        id="alert_triage_time",
        family="D",
        title="Time to triage an alert",
        question="How long does an alert lie before somebody takes it up?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=duration(
            "mean time from the creation of a ticket of type alert until it leaves phase new",
            count_of("triages", "triaged"),
            "triaged_after_s",
            "phase_history",
        ),
        hours="business",
        floor=10,
        caveats=(
            "Alerts that nobody has taken up yet are not in it; cut by category for security alerts alone.",
            "Whatever takes an alert out of phase new counts, a rule that acknowledges it by itself too.",
            "Compliance with the target of alerts is sla_response_compliance --where type=alert.",
        ),
        users=("service delivery manager",),
        example=Example(text="taken up after 10 and 30 minutes: 20 minutes", value=1200),
        revision=2,
    ),
)
