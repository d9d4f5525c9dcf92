"""Family G, clients and revenue: what clients and offerings are worth, and what is sold."""

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
    share,
)  # fmt: skip
from pacesetter.engine.dialect import Type

_OWNERS = ("owner", "account manager")
_MONTHLY = Part(fact="recurring", anchor="instant", value="amount")
_REVENUE = Part(fact="ledger", anchor="invoiced", value="revenue", where="side = 'income'")
_DECIDED = count_of("opportunities", "decided", where="outcome IS NOT NULL")


def _amount(text: str, part: Part, *needs: str) -> Definition:
    return Definition(text=text, numerator=part, formula=Formula.SUM, statistics=("amount",), needs=needs)


def _per(text: str, numerator: Part, denominator: Part, statistic: str, *needs: str, scale: float = 1.0) -> Definition:
    return Definition(
        text=text,
        numerator=numerator,
        denominator=denominator,
        scale=scale,
        statistics=(statistic,),
        needs=needs,
        additive=False,
    )


_OFFERED = Part(fact="offering_clients", anchor="invoiced", distinct=True, key="client_id")
_RATES = {
    "clients": Companion(
        unit=Unit.COUNT,
        definition=Definition(
            text="clients with an agreement about it in force at the end of the period",
            numerator=replace(_OFFERED, where="has_it"),
            formula=Formula.SUM,
            statistics=("clients",),
            needs=("agreements",),
            additive=False,
        ),
    ),
    "attach_rate": Companion(
        unit=Unit.PERCENT,
        definition=_per(
            "clients with an agreement about it ÷ clients, both at the end of the period",
            replace(_OFFERED, value="CASE WHEN has_it THEN 1 ELSE 0 END"),
            _OFFERED,
            "attach_rate",
            "agreements",
            scale=100.0,
        ),
    ),
    "revenue_per_seat": Companion(
        unit=Unit.CURRENCY,
        definition=_per(
            "monthly value ÷ quantity of the agreements in force at the end of the period that state one",
            replace(_MONTHLY, where="quantity > 0"),
            Part(fact="recurring", anchor="instant", value="quantity", where="quantity > 0"),
            "revenue_per_seat",
            "agreements",
        ),
    ),
    "hourly_rate": Companion(
        unit=Unit.CURRENCY,
        definition=_per(
            "effective hourly rate: revenue ÷ hours worked for it",
            _REVENUE,
            Part(fact="work", anchor="worked", value="worked_s", where="client_id IS NOT NULL"),
            "hourly_rate",
            "invoices",
            "client_work",
            scale=3600.0,
        ),
    ),
    "margin": Companion(
        unit=Unit.PERCENT,
        definition=_per(
            "1 − cost of goods sold ÷ revenue",
            Part(fact="ledger", anchor="invoiced", value="revenue - cogs", where="side <> 'overhead'"),
            _REVENUE,
            "margin",
            "invoices",
            "costs",
            scale=100.0,
        ),
    ),
}

KPIS = (
    Kpi(
        id="client_contribution",
        family="G",
        title="Contribution of a client",
        question="What is left of a client's revenue after serving it?",
        unit=Unit.CURRENCY,
        better=Better.HIGHER,
        definition=replace(
            _amount(
                "revenue − hours worked × the technician's cost rate − other costs of the client − its share of shared costs, by the "
                "workspace's cost key within each calendar month; booked labor costs are not in it, the hours are",
                Part(
                    fact="contribution",
                    anchor="invoiced",
                    value="revenue - serving",
                    where="side NOT IN ('labor', 'unrated')",
                ),
                "invoices",
                "costs",
                "client_work",
                "cost_rates",
            ),
            unrated=Part(fact="contribution", anchor="invoiced", value="unrated_s", where="side = 'unrated'"),
        ),
        floor=0,
        caveats=(
            "The cost key (hours, tickets, seats or revenue) is the workspace's choice and stands in the answer.",
            "The cost rate is the technician's present one: the records hold no history of it.",
            "Hours of people without a cost rate are not deducted; the answer says how many they are (hours_without_rate).",
        ),
        users=_OWNERS,
        example=Example(text="1000 revenue, 10 hours at 40, 100 licences, 50 shared: 450", value=450),
        revision=2,
    ),
    Kpi(
        id="customer_lifetime_value",
        family="G",
        title="Lifetime value of a client (CLV)",
        question="What is a client worth until it leaves?",
        unit=Unit.CURRENCY,
        better=Better.HIGHER,
        definition=Definition(
            text="monthly revenue per client × gross margin ÷ monthly churn rate, each as the KPI of that name (average_revenue_per_user, "
            "gross_margin, client_churn_rate); beside it monthly revenue per client × gross margin × the mean tenure under the survival "
            "curve (Kaplan–Meier, up to the longest tenure seen) of the clients whose beginning is known, with its interval",
            numerator=Part(fact="tenures", anchor="period", value="is_client"),
            formula=Formula.SUM,
            statistics=("formula",),
            needs=("agreements", "invoices", "costs", "started_clients"),
            method="lifetime_value",
            columns=(
                *((name, Type.NUMBER) for name in ("is_client", "tenure_s", "ended", "in_base", "was_lost")),
                *((name, Type.NUMBER) for name in ("monthly", "revenue", "cogs")),
                ("COALESCE(lacking, '')", Type.TEXT),
            ),
            recompute="the mean of monthly over the rows with is_client = 1 that have one × (1 − sum of cogs ÷ sum of "
            "revenue) ÷ (sum of was_lost ÷ sum of in_base ÷ months). Beside it, survival: the same without the "
            "last division, × the area under the Kaplan–Meier curve of tenure_s (above 0; ended = 1 where the "
            "client left) ÷ 2629800 seconds, up to the longest tenure",
            additive=False,
        ),
        floor=30,
        caveats=("It explodes at small churn and small n: read the interval.",),
        users=_OWNERS,
        example=Example(text="500 a month, margin 40 %, 2 % of clients lost a month: 10 000", value=10_000),
        revision=2,
    ),
    Kpi(
        id="rate_per_offering",
        family="G",
        title="Rate per offering",
        question="What does each offering bring, and per hour of work?",
        unit=Unit.CURRENCY,
        better=Better.HIGHER,
        definition=replace(
            _amount(
                "revenue of the offering; beside it its clients, attach rate, revenue per seat, effective hourly rate and margin",
                _REVENUE,
                "invoices",
            ),
            companions=_RATES,
        ),
        floor=0,
        caveats=("Cut it by offering. Work belongs to an offering through its ticket.",),
        users=_OWNERS,
        example=Example(text="12 000 revenue, 100 hours of work: 120 an hour", value=12_000),
    ),
    Kpi(
        id="close_ratio",
        family="G",
        title="Close ratio",
        question="How many of the sales that were decided were won?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=replace(
            share(
                "opportunities won ÷ opportunities decided in the period", _DECIDED, "outcome = 'won'", "opportunities"
            ),
            listing=Listing(name="lost_reasons", part=replace(_DECIDED, where="outcome = 'lost'"), column="reason"),
        ),
        default_variant="by_count",
        variants={
            "by_value": Definition(
                text="amount of the opportunities won ÷ amount of those decided in the period",
                numerator=Part(
                    fact="opportunities",
                    anchor="decided",
                    value="CASE WHEN outcome = 'won' THEN amount ELSE amount - amount END",
                    where=_DECIDED.where,
                ),
                denominator=Part(fact="opportunities", anchor="decided", value="amount", where=_DECIDED.where),
                scale=100.0,
                statistics=("ratio",),
                needs=("opportunities",),
                listing=Listing(
                    name="lost_reasons",
                    part=Part(fact="opportunities", anchor="decided", value="amount", where="outcome = 'lost'"),
                    column="reason",
                ),
            )
        },
        floor=10,
        caveats=("Open opportunities are in neither.",),
        users=_OWNERS,
        example=Example(text="12 won, 28 lost: 30 %", value=30),
    ),
)
