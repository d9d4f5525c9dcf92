"""Family G, clients and revenue: who stays, what they are worth, what is sold."""

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
_LOST = Part(fact="client_base", anchor="period", where="was_lost")
_MONTHLY = Part(fact="recurring", anchor="instant", value="amount")
_CLIENTS = Part(fact="recurring", anchor="instant", distinct=True, key="client_id")
_REVENUE = Part(fact="ledger", anchor="invoiced", value="revenue")
_DECIDED = count_of("opportunities", "decided", where="outcome IS NOT NULL")
_STOCK = "A value at the end of the period: months do not add up."


def _churn(text: str, lost: str) -> Definition:
    return Definition(
        text=text,
        numerator=Part(fact="revenue_base", anchor="period", value=lost),
        denominator=Part(fact="revenue_base", anchor="period", value="start_amount"),
        scale=100.0,
        statistics=("ratio",),
        needs=("agreements",),
        listing=Listing(
            name="reasons",
            part=Part(fact="revenue_base", anchor="period", value="lost", where="lost > 0"),
            column="reason",
        ),
        additive=False,
    )


def _amount(text: str, value: str, fact: str, anchor: str, *needs: str, scale: float = 1.0) -> Definition:
    part = Part(fact=fact, anchor=anchor, value=value)
    return Definition(text=text, numerator=part, formula=Formula.SUM, scale=scale, statistics=("amount",), needs=needs)


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
            Part(fact="ledger", anchor="invoiced", value="revenue - cogs"),
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
        id="client_churn_rate",
        family="G",
        title="Client churn",
        question="How many clients leave?",
        unit=Unit.PERCENT,
        better=Better.LOWER,
        definition=replace(
            share(
                "clients of the start of the period that were lost in it ÷ clients at its start; clients gained in the period are in "
                "neither",
                count_of("client_base", "period"),
                "was_lost",
                "started_clients",
            ),
            listing=Listing(name="reasons", part=_LOST, column="reason"),
            additive=False,
        ),
        caveats=("Months do not add up to the year: ask for the year.",),
        users=_OWNERS,
        example=Example(text="3 of the 100 clients of the start are lost: 3 %", value=3),
    ),
    Kpi(
        id="recurring_revenue_churn_rate",
        family="G",
        title="Churn of recurring revenue",
        question="How much of the recurring revenue is lost?",
        unit=Unit.PERCENT,
        better=Better.LOWER,
        definition=_churn(
            "monthly value lost (cancelled and shrunk, by client and offering, so that a renewal is no loss) ÷ monthly value at the start "
            "of the period, both at the exchange rates of the start",
            "lost",
        ),
        default_variant="gross",
        variants={
            "net": _churn(
                "the same less what the clients of the start bought more; negative where they expanded more than was lost",
                "net_lost",
            )
        },
        floor=10,
        caveats=("Months do not add up to the year: ask for the year.",),
        users=_OWNERS,
        example=Example(text="300 of 10 000 a month are lost: 3 %", value=3),
    ),
    Kpi(
        id="recurring_revenue",
        family="G",
        title="Recurring revenue (MRR, ARR)",
        question="What comes in every month?",
        unit=Unit.CURRENCY,
        better=Better.HIGHER,
        definition=replace(
            _amount(
                "monthly value of the agreements in force at the end of the period",
                "amount",
                "recurring",
                "instant",
                "agreements",
            ),
            additive=False,
        ),
        default_variant="monthly",
        variants={
            "annual": replace(
                _amount("twelve times the monthly value", "12 * amount", "recurring", "instant", "agreements"),
                additive=False,
            )
        },
        floor=0,
        caveats=(_STOCK,),
        users=_OWNERS,
        example=Example(text="agreements of 600 and 400 a month: 1000", value=1000),
    ),
    Kpi(
        id="recurring_revenue_rate",
        family="G",
        title="Recurring share of revenue (R3)",
        question="How much of the revenue comes by itself?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=Definition(
            text="recurring invoice lines ÷ all invoice lines, by amount",
            numerator=Part(fact="ledger", anchor="invoiced", value="recurring"),
            denominator=_REVENUE,
            scale=100.0,
            statistics=("ratio",),
            needs=("invoices",),
        ),
        floor=10,
        users=_OWNERS,
        example=Example(text="850 of 1000 invoiced are recurring: 85 %", value=85),
    ),
    Kpi(
        id="average_revenue_per_user",
        family="G",
        title="Average revenue per client (ARPU)",
        question="What is a client worth per month?",
        unit=Unit.CURRENCY,
        better=Better.HIGHER,
        definition=_per(
            "monthly value of the agreements in force at the end of the period ÷ clients that have one",
            _MONTHLY,
            _CLIENTS,
            "mean",
            "agreements",
        ),
        default_variant="per_client",
        variants={
            "per_seat": _per(
                "monthly value of the agreements in force at the end of the period ÷ seats of the clients that have one",
                _MONTHLY,
                replace(_CLIENTS, value="seats"),
                "mean",
                "agreements",
            ),
            "invoiced": _per(
                "recurring amount invoiced in the period ÷ clients invoiced",
                Part(fact="ledger", anchor="invoiced", value="recurring"),
                Part(fact="ledger", anchor="invoiced", where="recurring > 0", distinct=True, key="client_id"),
                "mean",
                "invoices",
            ),
        },
        floor=5,
        caveats=("Per client or per seat: say which.", _STOCK),
        users=_OWNERS,
        example=Example(text="10 000 a month from 20 clients: 500", value=500),
    ),
    Kpi(
        id="client_contribution",
        family="G",
        title="Contribution of a client",
        question="What is left of a client's revenue after serving it?",
        unit=Unit.CURRENCY,
        better=Better.HIGHER,
        definition=_amount(
            "revenue − hours worked × the technician's cost rate − other costs of the client − its share of shared costs, by the "
            "workspace's cost key within each calendar month; booked labor costs are not in it, the hours are",
            "revenue - serving",
            "contribution",
            "invoiced",
            "invoices",
            "costs",
        ),
        floor=0,
        caveats=(
            "The cost key (hours, tickets, seats or revenue) is the workspace's choice and stands in the answer.",
            "The cost rate is the technician's present one: the records hold no history of it.",
        ),
        users=_OWNERS,
        example=Example(text="1000 revenue, 10 hours at 40, 100 licences, 50 shared: 450", value=450),
    ),
    Kpi(
        id="customer_lifetime_value",
        family="G",
        title="Lifetime value of a client (CLV)",
        question="What is a client worth until it leaves?",
        unit=Unit.CURRENCY,
        better=Better.HIGHER,
        definition=Definition(
            text="monthly revenue per client × gross margin ÷ monthly churn rate; beside it monthly revenue per client × gross margin × "
            "the mean tenure under the survival curve (Kaplan–Meier, up to the longest tenure seen), with its interval",
            numerator=Part(fact="tenures", anchor="period", value="is_client"),
            formula=Formula.SUM,
            statistics=("formula",),
            needs=("agreements", "invoices", "costs", "started_clients"),
            method="lifetime_value",
            columns=tuple(
                (name, Type.NUMBER)
                for name in ("is_client", "tenure_s", "ended", "in_base", "was_lost", "monthly", "revenue", "cogs")
            ),
            additive=False,
        ),
        floor=30,
        caveats=("It explodes at small churn and small n: read the interval.",),
        users=_OWNERS,
        example=Example(text="500 a month, margin 40 %, 2 % of clients lost a month: 10 000", value=10_000),
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
                "revenue",
                "ledger",
                "invoiced",
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
