"""Family G, clients and revenue: who stays, and what comes in every month."""

from dataclasses import replace

from pacesetter.catalogue.record import (
    Better,
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

_OWNERS = ("owner", "account manager")
_LOST = Part(fact="client_base", anchor="period", where="was_lost")
_MONTHLY = Part(fact="recurring", anchor="instant", value="amount")
_CLIENTS = Part(fact="recurring", anchor="instant", distinct=True, key="client_id")
_REVENUE = Part(fact="ledger", anchor="invoiced", value="revenue", where="side = 'income'")
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
            numerator=replace(_REVENUE, value="recurring"),
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
                "monthly value of the agreements in force at the end of the period, of clients whose seats are known ÷ their seats",
                replace(_MONTHLY, where="seats > 0"),
                replace(_CLIENTS, value="seats", where="seats > 0"),
                "mean",
                "agreements",
            ),
            "invoiced": _per(
                "recurring amount invoiced in the period ÷ clients invoiced",
                replace(_REVENUE, value="recurring"),
                Part(fact="ledger", anchor="invoiced", where="recurring > 0", distinct=True, key="client_id"),
                "mean",
                "invoices",
            ),
        },
        floor=5,
        caveats=("Per client or per seat: say which.", _STOCK),
        users=_OWNERS,
        example=Example(text="10 000 a month from 20 clients: 500", value=500),
        revision=2,
    ),
)
