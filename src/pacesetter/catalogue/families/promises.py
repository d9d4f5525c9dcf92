"""Family C, the part about promises on the way: updates that were due, times that were named."""

from pacesetter.catalogue.record import Better, Example, Kpi, Unit, count_of, share

KPIS = (
    Kpi(
        id="update_timeliness",
        family="C",
        title="Updates in time",
        question="Are people kept informed as often as the policy says?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "cycles of the update clock that a public reply of a technician ended in time ÷ cycles that were met or ran out",
            count_of("clocks", "due", where="clock = 'update' AND outcome IN ('met', 'breached', 'unknown')"),
            "outcome = 'met'",
            "update_targets",
        ),
        caveats=(
            "The clock runs only while the ticket is ours to move; a resolution before the update was due ends the cycle unjudged.",
            "Every reply in time counts as an update kept, also one that came early.",
        ),
        users=("service delivery manager", "account manager", "client's IT manager"),
        example=Example(text="90 of 100 updates came in time: 90 %", value=90),
        revision=2,
    ),
    Kpi(
        id="promise_kept_rate",
        family="C",
        title="Promised times kept",
        question="Do we finish when we said we would?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "tickets finally resolved by their promised time ÷ tickets whose promised time has come, not those cancelled by then",
            count_of("promises", "due"),
            "is_kept",
            "promised_times",
        ),
        caveats=(
            "A ticket reopened after its promised time counts as kept only if its final resolution lies before it.",
            "A ticket cancelled after its promised time counts as broken.",
        ),
        users=("service delivery manager", "account manager", "client's IT manager"),
        example=Example(text="80 of 100 promised times kept: 80 %", value=80),
        revision=2,
    ),
)
