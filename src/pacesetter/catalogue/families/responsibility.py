"""Family J, responsibility: whether the RACI matrix covers the work, and whether the work follows it."""

from dataclasses import replace

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
    count_of,
    duration,
    share,
)  # fmt: skip

_READERS = ("service delivery manager", "account manager", "client's IT manager")
_ROW = "A ticket is the task whose row fits it most closely, by the matrix that was valid when the ticket was created."
_COVERED = count_of("raci_work", "resolved", where="is_valid")
_DEVIATIONS = replace(_COVERED, where="is_valid AND NOT is_conforming")
_CONFORMANCE = share(
    "resolved tickets most of whose work was done by a Responsible role ÷ resolved tickets with a valid RACI row",
    _COVERED,
    "is_conforming",
    "raci",
    "resolutions",
)
_ANSWERED_FOR = "accountable IS NOT NULL"


def _reached(text: str, letter: str, need: str) -> Definition:
    due = count_of("raci_duties", "resolved", where=f"is_valid AND letter = '{letter}'")
    return share(text, due, "was_reached", need, "resolutions")


def _beside(unit: Unit, name: str, definition: Definition) -> Companion:
    return Companion(unit=unit, definition=replace(definition, statistics=(name,)))


KPIS = (
    Kpi(
        id="raci_coverage",
        family="J",
        title="Coverage by the RACI matrix",
        question="For how much of the work is it settled who does it and who answers for it?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "tickets whose kind of work has a valid RACI row (exactly one Accountable, at least one Responsible, every role filled) ÷ "
            "tickets",
            count_of("raci_tickets", "created"),
            "has_valid_row",
            "raci",
        ),
        caveats=(_ROW, "A row that is incomplete does not cover: 'pacesetter raci check' says what is missing."),
        users=_READERS,
        example=Example(text="80 of 100 tickets have a valid row: 80 %", value=80),
    ),
    Kpi(
        id="raci_responsible_conformance",
        family="J",
        title="Work done by the Responsible",
        question="Is the work done by those who are to do it, and who steps in?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=replace(
            _CONFORMANCE,
            listing=Listing(name="deviations_by", part=_DEVIATIONS, column="done_by"),
        ),
        caveats=(
            _ROW,
            "Work is measured by hours where time was entered before the resolution, else by technicians' actions, else the holder at the "
            "resolution stands for it; the role with most of it did it, of equals the one that began.",
            "A technician fills the role of his own, else that of the team that he belonged to then.",
            "Cut by done_by or deviation for who did it instead; 'pacesetter raci conformance' adds the hours.",
        ),
        users=_READERS,
        example=Example(text="90 of 100 tickets were done by the Responsible: 90 %", value=90),
        revision=2,
    ),
    Kpi(
        id="raci_consulted_rate",
        family="J",
        title="Consulted in time",
        question="Are those who must be asked asked before it is done?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_reached(
            "Consulted roles reached by a consultation before the resolution (and within the time set, from creation) ÷ those due",
            "C",
            "raci_consulted",
        ),
        caveats=(_ROW, "One ticket with two Consulted roles counts twice; only recorded consultations can be seen."),
        users=_READERS,
        example=Example(text="45 of 60 consultations due took place in time: 75 %", value=75),
    ),
    Kpi(
        id="raci_informed_rate",
        family="J",
        title="Informed in time",
        question="Do those who must know hear of it in time?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_reached(
            "Informed roles reached by a notification by the time set, from the resolution ÷ those due",
            "I",
            "raci_informed",
        ),
        caveats=(
            _ROW,
            "Where no time is set, any notification counts, and until there is one the role counts as not informed.",
            "A role whose time is not over yet is not due.",
        ),
        users=_READERS,
        example=Example(text="54 of 60 roles were informed in time: 90 %", value=90),
    ),
    Kpi(
        id="raci_accountable_scorecard",
        family="J",
        title="Scorecard of the Accountable",
        question="How does the work go that somebody answers for?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=Definition(
            text="tickets of tasks with one Accountable whose SLA clocks were all met ÷ those whose clocks are judged; beside it tickets "
            "resolved, their mean resolution time, the share done by the Responsible, and the share reopened",
            numerator=Part(
                fact="raci_verdicts", anchor="due", where=_ANSWERED_FOR, value="CASE WHEN is_kept THEN 1 ELSE 0 END"
            ),
            denominator=count_of("raci_verdicts", "due", where=_ANSWERED_FOR),
            scale=100.0,
            needs=("raci", "sla_targets"),
            companions={
                "tickets_resolved": _beside(
                    Unit.COUNT,
                    "tickets_resolved",
                    Definition(
                        text="resolved tickets that somebody answers for",
                        numerator=count_of("raci_work", "resolved", where=_ANSWERED_FOR),
                        formula=Formula.SUM,
                        needs=("raci", "resolutions"),
                    ),
                ),
                "mean": Companion(
                    unit=Unit.SECONDS,
                    definition=duration(
                        "mean resolution time of these tickets",
                        count_of("raci_work", "resolved", where=f"{_ANSWERED_FOR} AND resolved_after_s IS NOT NULL"),
                        "resolved_after_s",
                        "raci",
                        "resolutions",
                    ),
                ),
                "responsible_conformance": _beside(Unit.PERCENT, "responsible_conformance", _CONFORMANCE),
                "reopen_rate": _beside(
                    Unit.PERCENT,
                    "reopen_rate",
                    share(
                        "reopened ÷ resolved tickets that somebody answers for",
                        count_of("raci_work", "resolved", where=_ANSWERED_FOR),
                        "was_reopened",
                        "raci",
                        "resolutions",
                    ),
                ),
            },
        ),
        hours="business",
        caveats=(_ROW, "Ask it --by accountable: one line for each role that answers for something."),
        users=_READERS,
        example=Example(text="SLA met by 95 of 100 tickets that the IT manager answers for: 95 %", value=95),
        revision=2,
    ),
)
