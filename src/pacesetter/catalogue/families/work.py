"""Family C, collaboration: through how many hands work goes, whose they are, and what needs none."""

from dataclasses import replace

from pacesetter.catalogue import record
from pacesetter.catalogue.record import Better, Companion, Definition, Example, Fold, Kpi, Part, Unit, count_of, share
from pacesetter.engine.dialect import Type

_CREATED = count_of("tickets", "created")
_RESOLVED = count_of("resolutions", "resolved")
_OWN_INITIATIVE = (
    "NOT COALESCE(channel IN ('phone', 'chat', 'walk_in'), FALSE) AND "
    "COALESCE(type = 'problem' AND COALESCE(opened_by, 'technician') = 'technician' "
    "OR type IN ('change', 'task') AND opened_by = 'technician', FALSE)"
)
"""What we do of our own accord: problems, and planned maintenance. What a technician logs while a client calls was noticed there first."""
_EVERYBODY = ("service delivery manager", "account manager", "client's IT manager")
_PIECES = Part(fact="likenesses", anchor="worked", value="CAST(worked_s AS DOUBLE) / 3600")
"""Work on tickets in hours."""


def _per_resolved(text: str, value: str, *needs: str) -> Definition:
    numerator = Part(fact="resolutions", anchor="resolved", value=value)
    return Definition(
        text=text, numerator=numerator, denominator=_RESOLVED, statistics=("ratio",), needs=("resolutions", *needs)
    )


def _companion(unit: Unit, definition: Definition, name: str) -> dict[str, Companion]:
    return {name: Companion(unit=unit, definition=replace(definition, statistics=(name,)))}


def _handled(who: str) -> Definition:
    return share(
        f"tickets handled by {who} alone ÷ resolved tickets",
        _RESOLVED,
        f"handled_by = '{who}'",
        "resolutions",
        "organisations",
    )


def _hours_of(who: str) -> Definition:
    worked = Part(fact="efforts", anchor="resolved", value="worked_s")
    return Definition(
        text=f"hours on resolved tickets that were handled by {who} ÷ hours on resolved tickets",
        numerator=replace(worked, value=f"CASE WHEN handled_by = '{who.split()[0]}' THEN worked_s ELSE 0 END"),
        denominator=worked,
        scale=100.0,
        needs=("resolutions", "work", "organisations"),
    )


KPIS = (
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
    Kpi(
        id="comanaged_share",
        family="C",
        title="Work shared between MSP and internal IT",
        question="Who does the work: the MSP, the client's own IT, or both?",
        unit=Unit.PERCENT,
        better=Better.NEITHER,
        definition=replace(
            share(
                "resolved tickets that were held by the MSP and by the client's internal IT ÷ resolved tickets; beside it those held by "
                "one of them alone, and the hours so far on the tickets of each, and of both, ÷ hours on resolved tickets",
                _RESOLVED,
                "handled_by = 'both'",
                "resolutions",
                "organisations",
            ),
            companions={
                **_companion(Unit.PERCENT, _handled("msp"), "msp"),
                **_companion(Unit.PERCENT, _handled("client"), "client"),
                **_companion(Unit.PERCENT, _hours_of("both"), "both_hours"),
                **_companion(Unit.PERCENT, _hours_of("msp alone"), "msp_hours"),
                **_companion(Unit.PERCENT, _hours_of("client alone"), "client_hours"),
            },
        ),
        caveats=(
            "Tickets that no team of either held are in the denominator only.",
            "Hours are those of the tickets, whoever worked them.",
        ),
        users=("account manager", "client's IT manager"),
        example=Example(text="20 of 100 resolved tickets were held by both: 20 %", value=20),
        revision=2,
    ),
    Kpi(
        id="tickets_per_shift",
        family="C",
        title="Tickets per shift",
        question="How much does a shift get done, and how evenly?",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        definition=Definition(
            text="tickets resolved by technicians ÷ technician shifts worked; beside it the coefficient of variation of what is resolved "
            "within each shift",
            numerator=count_of("resolutions", "resolved", where="technician_id IS NOT NULL"),
            denominator=count_of("shifts", "worked"),
            statistics=("ratio",),
            needs=("resolutions", "shifts"),
            companions={
                "shift_consistency": Companion(
                    unit=Unit.RATIO,
                    definition=Definition(
                        text="standard deviation ÷ mean of the tickets resolved within each shift; lower is more even",
                        numerator=Part(fact="shifts", anchor="worked", value="solved"),
                        denominator=count_of("shifts", "worked"),
                        formula=record.Formula.VARIATION,
                        statistics=("shift_consistency",),
                        needs=("resolutions", "shifts"),
                    ),
                )
            },
        ),
        caveats=(
            "The mix of work differs from shift to shift; it is no measure of a person.",
            "Cut by shift for single ones; what was resolved outside of any stands without one.",
        ),
        users=("service delivery manager", "team lead"),
        example=Example(text="240 tickets in 40 shifts: 6", value=6),
        revision=2,
    ),
    Kpi(
        id="proactive_rate",
        family="C",
        title="Proactive work",
        question="How often do we notice before the client does?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "tickets raised by us before the client noticed (by automation or monitoring, alerts, problems that no requester opened, "
            "planned maintenance: changes and tasks that a technician opened; what was logged during a live contact is none) "
            "÷ tickets created",
            _CREATED,
            f"COALESCE(opened_by = 'automation', FALSE) OR COALESCE(channel = 'monitoring', FALSE) "
            f"OR COALESCE(type = 'alert', FALSE) OR ({_OWN_INITIATIVE})",
            "origins",
        ),
        caveats=(
            "Of a problem of which the source does not say who opened it, it is taken that we did; of a change or task it is not.",
            "A task that a technician opens while working on a client's request counts as planned maintenance; filter on type without "
            "them.",
        ),
        users=_EVERYBODY,
        example=Example(text="25 of 100 tickets: 25 %", value=25),
        revision=2,
    ),
    Kpi(
        id="automation_rate",
        family="C",
        title="Automation rate",
        question="How much is solved without a human hand?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=replace(
            share(
                "tickets resolved with no event of a technician or a vendor and no time entry ÷ resolved tickets of which the record tells "
                "who acted (others are left out as unknown_actor); beside it the time saved, against the median work of people on tickets "
                "of the same category",
                count_of("touches", "resolved"),
                "NOT by_hand",
                "resolutions",
                "actors",
            ),
            companions={
                "time_saved": Companion(
                    unit=Unit.SECONDS,
                    definition=Definition(
                        text="sum of the median work of people on tickets of the category, over the tickets that nobody touched and whose "
                        "category has such a median",
                        numerator=Part(
                            fact="touches",
                            anchor="resolved",
                            value="usual_s",
                            where="NOT by_hand AND usual_s IS NOT NULL",
                        ),
                        expected=count_of("touches", "resolved", where="NOT by_hand"),
                        formula=record.Formula.SUM,
                        statistics=("time_saved",),
                        needs=("resolutions", "actors", "work"),
                    ),
                )
            },
        ),
        users=("service delivery manager", "owner"),
        example=Example(text="12 of 100 resolved tickets: 12 %", value=12),
        revision=3,
    ),
    Kpi(
        id="remote_resolution_rate",
        family="C",
        title="Remote resolutions",
        question="How often does nobody have to go there?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "tickets resolved without an on-site visit ÷ resolved tickets",
            count_of("efforts", "resolved"),
            "NOT was_visited",
            "resolutions",
            "visits",
        ),
        users=("service delivery manager",),
        example=Example(text="95 of 100 resolved tickets: 95 %", value=95),
    ),
    Kpi(
        id="repetitive_work_share",
        family="C",
        title="Repetitive work",
        question="How many hours go into small work that comes again and again?",
        unit=Unit.PERCENT,
        better=Better.LOWER,
        definition=Definition(
            text="hours on small tickets (all work on them so far under the bound that the workspace sets) in clusters of like tickets "
            "(subject, category and resolution) ÷ hours on tickets; the clusters are listed by hours",
            numerator=_PIECES,
            denominator=_PIECES,
            statistics=("share",),
            needs=("work", "subjects"),
            method="repetitive_work",
            columns=(("words", Type.TEXT), ("CASE WHEN is_small THEN 1 ELSE 0 END", Type.NUMBER)),
            folded=(
                ("worked_s", Fold.SUM),
                ("ticket_key", Fold.DIFFERENT),
                ("1", Fold.SUM),
                ("COALESCE(subject, '')", Fold.LEAST),
            ),
            recompute="100 × the sum of value (hours) over the rows with is_counted = 1, which are the rows counted, ÷ the "
            "sum of value over all rows. A row is counted where is_small = 1 and small_tickets_in_cluster, the "
            "different tickets with is_small = 1 in its cluster, is 5 or more",
            additive=False,
        ),
        caveats=(
            "Clusters are found in the rows asked for: of another span they are others.",
            "Hours count when they were worked; n are pieces of work.",
        ),
        users=("service delivery manager", "owner"),
        example=Example(text="30 of 100 hours on 90 password resets of 20 minutes each: 30 %", value=30),
        revision=2,
    ),
    Kpi(
        id="record_completeness",
        family="C",
        title="Completeness of records",
        question="Is the help-desk system used as it should be?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=Definition(
            text="required fields filled ÷ required fields, on closed tickets; the workspace sets them (rules.required_fields), by default "
            "category, priority, team, technician, contact, time logged",
            numerator=Part(fact="records", anchor="closed", value="filled"),
            denominator=Part(fact="records", anchor="closed", value="required"),
            scale=100.0,
            statistics=("ratio",),
            needs=("closures",),
        ),
        caveats=(
            "A field that the source does not have at all lowers it, as it should.",
            "Also to be required, in pacesetter.toml under [rules]: type, channel, site, offering, asset, subcategory, impact, urgency, "
            "resolution_code, resolution_note, root_cause, fix.",
        ),
        users=("service delivery manager",),
        example=Example(text="540 of 600 fields of 100 closed tickets: 90 %", value=90),
    ),
)
