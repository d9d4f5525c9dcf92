"""Family I, infrastructure and projects: what was down, for how long, and whether projects kept their word."""

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
    count,
    count_of,
    share,
)  # fmt: skip

_WATCHERS = ("service delivery manager", "account manager", "client's IT manager")
_OUTAGES = count_of("outages", "started")
_CAUSES = Listing(name="causes", part=_OUTAGES, column="cause")
_LOST = Part(fact="lost_time", anchor="period", value="CAST(lost_s * users AS DOUBLE) / 3600")
_LOST_OUTAGES = Part(fact="lost_time", anchor="period", distinct=True, key="outage_id")


def _available(text: str, up: str, whole: str) -> Definition:
    return Definition(
        text=text,
        numerator=Part(fact="service_time", anchor="period", value=f"weight * ({up})"),
        denominator=Part(fact="service_time", anchor="period", value=f"weight * ({whole})"),
        scale=100.0,
        statistics=("ratio",),
        needs=("services",),
        companions={
            "planned_downtime": Companion(
                unit=Unit.SECONDS,
                definition=Definition(
                    text="planned downtime, overlapping windows merged, unweighted",
                    numerator=Part(fact="service_time", anchor="period", value="planned_s"),
                    formula=Formula.SUM,
                    statistics=("planned_downtime",),
                    needs=("services",),
                ),
            )
        },
    )


def _project(text: str, of: Part, hit: str, *needs: str) -> Definition:
    return share(text, of, hit, *needs)


_DATED = count_of("projects", "delivered", where="has_date")
_BUDGETED = count_of("projects", "delivered", where="has_budget")
_SLIP = {
    "slip": Companion(
        unit=Unit.DAYS,
        definition=Definition(
            text="mean days after the promised date; early ones count as negative",
            numerator=replace(_DATED, value="slip_days"),
            denominator=_DATED,
            statistics=("slip",),
            needs=("promised_projects",),
        ),
    )
}
_OVERRUN = {
    "overrun": Companion(
        unit=Unit.CURRENCY,
        definition=Definition(
            text="cost above budget, over all of them; what was saved counts as negative",
            numerator=replace(_BUDGETED, value="overrun"),
            formula=Formula.SUM,
            statistics=("overrun",),
            needs=("budgeted_projects",),
        ),
    )
}

KPIS = (
    Kpi(
        id="availability",
        family="I",
        title="Availability (infrastructure stability)",
        question="How much of the time does it run?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_available(
            "1 − unplanned downtime ÷ service time, weighted by service; overlapping outages of a service count once; planned downtime "
            "stands beside it",
            "service_s - unplanned_s",
            "service_s",
        ),
        default_variant="unplanned",
        variants={
            "all_downtime": _available(
                "1 − planned and unplanned downtime ÷ service time", "service_s - any_s", "service_s"
            ),
            "outside_windows": _available(
                "unplanned downtime against the service time less planned downtime",
                "service_s - any_s",
                "service_s - planned_s",
            ),
        },
        floor=1,
        caveats=("99.83 % hides an hour and a quarter a month.", "Planned work is not free of cost to the client."),
        users=_WATCHERS,
        example=Example(text="100 hours in service, one hour down: 99 %", value=99),
    ),
    Kpi(
        id="outage_count",
        family="I",
        title="Outages",
        question="How often is something down?",
        unit=Unit.COUNT,
        better=Better.LOWER,
        definition=replace(
            count(
                "unplanned outages that began in the period; those of one service that overlap are one",
                _OUTAGES,
                "services",
            ),
            listing=_CAUSES,
        ),
        floor=0,
        users=_WATCHERS,
        example=Example(text="4 outages, two of them overlapping on one service: 3", value=3),
    ),
    Kpi(
        id="mtbf",
        family="I",
        title="Mean time between failures",
        question="How long does it run until it fails?",
        unit=Unit.SECONDS,
        better=Better.HIGHER,
        definition=Definition(
            text="time in service less unplanned downtime ÷ unplanned outages that began in the period",
            numerator=Part(fact="service_time", anchor="period", value="service_s - unplanned_s"),
            denominator=_OUTAGES,
            statistics=("mean",),
            needs=("services",),
        ),
        floor=5,
        caveats=("Without an outage there is no number, only a lower bound: the time in service.",),
        users=_WATCHERS,
        example=Example(text="99 hours running, 3 outages: 33 hours", value=118_800),
    ),
    Kpi(
        id="outage_duration",
        family="I",
        title="Length of outages",
        question="How long does it stay down?",
        unit=Unit.SECONDS,
        better=Better.LOWER,
        definition=Definition(
            text="mean length of the unplanned outages that ended in the period",
            numerator=Part(fact="outages", anchor="ended", value="lasted_s", where="lasted_s IS NOT NULL"),
            denominator=count_of("outages", "ended", where="lasted_s IS NOT NULL"),
            statistics=("mean", "median", "p90"),
            needs=("services",),
        ),
        floor=5,
        caveats=("An outage that has not ended is not in it.",),
        users=_WATCHERS,
        example=Example(text="30 and 90 minutes: 1 hour", value=3600),
    ),
    Kpi(
        id="lost_business_hours",
        family="I",
        title="Lost business hours",
        question="What did downtime cost the client in working time?",
        unit=Unit.HOURS,
        better=Better.LOWER,
        definition=Definition(
            text="unplanned downtime within the client's own business hours × share of users affected; beside it how many outages, and "
            "their mean length within business hours",
            numerator=_LOST,
            formula=Formula.SUM,
            statistics=("hours",),
            needs=("services",),
            companions={
                "frequency": Companion(
                    unit=Unit.COUNT,
                    definition=Definition(
                        text="outages that touched business hours",
                        numerator=_LOST_OUTAGES,
                        formula=Formula.SUM,
                        statistics=("frequency",),
                        needs=("services",),
                        additive=False,
                    ),
                ),
                "length": Companion(
                    unit=Unit.HOURS,
                    definition=Definition(
                        text="hours down within business hours ÷ outages that touched them",
                        numerator=Part(fact="lost_time", anchor="period", value="CAST(lost_s AS DOUBLE) / 3600"),
                        denominator=_LOST_OUTAGES,
                        statistics=("length",),
                        needs=("services",),
                        additive=False,
                    ),
                ),
            },
        ),
        floor=0,
        caveats=(
            "Hours of each service: two services down at once count twice.",
            "Without a share of users, all are affected.",
        ),
        users=_WATCHERS,
        example=Example(
            text="2 hours down from 17:00 to 19:00, closing at 18:00, half of the users: half an hour", value=0.5
        ),
    ),
    Kpi(
        id="on_time_delivery",
        family="I",
        title="Projects on time",
        question="Are dates kept?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=replace(
            _project(
                "delivered projects on or before the promised date ÷ delivered projects with one",
                _DATED,
                "was_on_time",
                "promised_projects",
            ),
            companions=_SLIP,
        ),
        floor=5,
        users=_WATCHERS,
        example=Example(text="8 of 10 projects: 80 %", value=80),
    ),
    Kpi(
        id="on_budget_delivery",
        family="I",
        title="Projects on budget",
        question="Are budgets kept?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=replace(
            _project(
                "delivered projects at or under budget ÷ delivered projects with budget and cost",
                _BUDGETED,
                "was_on_budget",
                "budgeted_projects",
            ),
            companions=_OVERRUN,
        ),
        floor=5,
        users=_WATCHERS,
        example=Example(text="7 of 10 projects: 70 %", value=70),
    ),
    Kpi(
        id="on_time_and_budget",
        family="I",
        title="Projects on time and on budget",
        question="Are both kept?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_project(
            "delivered projects that met date and budget ÷ delivered projects with both",
            count_of("projects", "delivered", where="has_date AND has_budget"),
            "was_on_time AND was_on_budget",
            "promised_projects",
            "budgeted_projects",
        ),
        floor=5,
        users=_WATCHERS,
        example=Example(text="6 of 10 projects: 60 %", value=60),
    ),
)
