"""Family F, people and improvement: how time is used, what is learned, what gets better."""

from dataclasses import replace

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
    share,
)  # fmt: skip
from pacesetter.engine.dialect import Type

_LEAD = ("service delivery manager", "team lead")
_ON_CLIENTS = Part(fact="work", anchor="worked", value="worked_s", where="client_id IS NOT NULL")
_ON_TICKETS = Part(fact="work", anchor="worked", value="worked_s", where="ticket_key IS NOT NULL")
_PRESENT = Part(fact="presence", anchor="worked", value="present_s")
_TECHNICIANS = count_of("technicians", "period")


def _utilization(text: str, hours: Part, of: Part, *needs: str) -> Definition:
    return Definition(text=text, numerator=hours, denominator=of, scale=100.0, statistics=("ratio",), needs=needs)


KPIS = (
    Kpi(
        id="technician_utilization",
        family="F",
        title="Utilization of technicians",
        question="How much of the time at work goes into work for clients?",
        unit=Unit.PERCENT,
        better=Better.NEITHER,
        definition=_utilization(
            "hours on client work ÷ available hours (shifts less absences)",
            _ON_CLIENTS,
            _PRESENT,
            "client_work",
            "shifts",
        ),
        default_variant="available",
        variants={
            "billable": _utilization(
                "billable hours ÷ available hours (shifts less absences)",
                replace(_ON_CLIENTS, where="is_billable"),
                _PRESENT,
                "time_entries",
                "shifts",
            ),
            "clocked": _utilization(
                "hours on client work ÷ all hours clocked",
                _ON_CLIENTS,
                Part(fact="work", anchor="worked", value="worked_s"),
                "client_work",
            ),
        },
        band=True,
        floor=10,
        caveats=("Higher is not better without end: a target is a band.", "Three denominators are in use; say which."),
        not_by_creation="time at work is not of single tickets",
        users=_LEAD,
        example=Example(text="300 hours for clients of 400 available: 75 %", value=75),
    ),
    Kpi(
        id="technician_efficiency",
        family="F",
        title="Time per resolved ticket",
        question="How much work goes into a ticket?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=Definition(
            text="time that technicians spent on tickets in the period ÷ tickets that they resolved in it",
            numerator=_ON_TICKETS,
            denominator=count_of("resolutions", "resolved"),
            statistics=("ratio",),
            needs=("work", "resolutions"),
        ),
        caveats=(
            "The mix of work differs; minutes rounded for billing are not minutes.",
            "By creation it is all work so far on the tickets created in the period ÷ those of them that are resolved.",
        ),
        users=_LEAD,
        example=Example(text="500 minutes, 25 tickets resolved: 20 minutes", value=1200),
    ),
    Kpi(
        id="customer_efficiency",
        family="F",
        title="Time per ticket of a client",
        question="How much work does a client's ticket take?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=Definition(
            text="time spent on the client's tickets in the period ÷ the client's tickets created in it",
            numerator=_ON_TICKETS,
            denominator=count_of("tickets", "created"),
            statistics=("ratio",),
            needs=("work",),
        ),
        caveats=("By creation it is all work so far on the tickets created in the period ÷ these tickets.",),
        users=("account manager", "owner"),
        example=Example(text="300 minutes on 10 tickets: 30 minutes", value=1800),
        revision=2,
    ),
    Kpi(
        id="training_hours_per_technician",
        family="F",
        title="Training per technician",
        question="How much time is there to learn?",
        unit=Unit.HOURS,
        better=Better.HIGHER,
        definition=Definition(
            text="hours of training in the period ÷ technicians employed in it",
            numerator=Part(fact="technicians", anchor="period", value="training_hours"),
            denominator=_TECHNICIANS,
            statistics=("mean",),
            needs=("technicians", "trainings"),
            additive=False,
        ),
        floor=5,
        caveats=("A technician counts once in a period: months do not add up to the year.",),
        users=_LEAD,
        example=Example(text="80 hours, 20 technicians: 4 hours", value=4),
    ),
    Kpi(
        id="training_participation",
        family="F",
        title="Technicians with training",
        question="Does everybody get to learn?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=replace(
            share(
                "technicians with training in the period ÷ technicians employed in it",
                _TECHNICIANS,
                "was_trained",
                "technicians",
                "trainings",
            ),
            additive=False,
        ),
        floor=5,
        users=_LEAD,
        example=Example(text="15 of 20 technicians: 75 %", value=75),
    ),
    Kpi(
        id="improvement_suggestions",
        family="F",
        title="Suggestions",
        question="How many ideas come from the people who do the work?",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        definition=count("improvements suggested", count_of("suggestions", "suggested"), "improvements"),
        floor=0,
        users=_LEAD,
        example=Example(text="12 suggestions: 12", value=12),
    ),
    Kpi(
        id="improvement_adoption_rate",
        family="F",
        title="Suggestions adopted",
        question="What becomes of the ideas?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "suggestions adopted ÷ suggestions decided",
            count_of("suggestions", "decided", where="decision IS NOT NULL"),
            "decision = 'adopted'",
            "decisions",
        ),
        floor=5,
        users=_LEAD,
        example=Example(text="9 of 12 decided: 75 %", value=75),
    ),
    Kpi(
        id="tool_adoption",
        family="F",
        title="Adoption of tools",
        question="Are the tools used that we pay for?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=Definition(
            text="technicians who used a tool in the period ÷ technicians employed in it; cut by tool, of each tool",
            numerator=Part(
                fact="tool_technicians",
                anchor="period",
                value="CASE WHEN was_used THEN 1 ELSE 0 END",
                distinct=True,
                key="technician_id",
            ),
            denominator=Part(fact="tool_technicians", anchor="period", distinct=True, key="technician_id"),
            scale=100.0,
            needs=("technicians", "tool_uses"),
            additive=False,
        ),
        floor=5,
        users=_LEAD,
        example=Example(text="18 of 20 technicians: 90 %", value=90),
    ),
    Kpi(
        id="training_gap",
        family="F",
        title="Training gaps",
        question="Where would training help most?",
        unit=Unit.COUNT,
        better=Better.LOWER,
        definition=Definition(
            text="cells of technician × category whose resolution time, or share undone, stands out from peers on the same category and "
            "priority, after shrinkage for small numbers; the cells are listed",
            numerator=Part(
                fact="outcomes", anchor="resolved", value="resolved_after_s", where="technician_id IS NOT NULL"
            ),
            formula=Formula.SUM,
            statistics=("count",),
            needs=("resolutions", "categories"),
            method="training_gap",
            columns=(
                ("resolved_after_s", Type.NUMBER),
                ("technician_id", Type.TEXT),
                ("COALESCE(category, '')", Type.TEXT),
                ("COALESCE(priority, '')", Type.TEXT),
                ("CASE WHEN was_undone THEN 1 ELSE 0 END", Type.NUMBER),
            ),
            recompute="the different pairs of technician and category among the rows with stands_out = 1: cell_times ≥ 1.25 "
            "and cell_times_low > 1, or cell_n ≥ 5, cell_undone ≥ 1.25 × cell_usual and cell_undone_low > "
            "cell_usual. For each pair, cell_times is e to the power of the mean of ln(times_expected) × "
            "cell_kept; cell_usual is the mean of usual_undone over its cell_n rows that have one, and "
            "cell_undone its share of was_undone over these, drawn towards that. times_expected is value, at "
            "least 1 second, ÷ expected_s, the median time of the others on the same category and priority; "
            "usual_undone is their share undone",
            additive=False,
        ),
        hours="business",
        floor=100,
        caveats=("A hint where to look, not a verdict on a person.",),
        users=("team lead",),
        example=Example(
            text="one technician takes four times as long as the peers on 40 printer tickets: 1 cell", value=1
        ),
        revision=2,
    ),
)
