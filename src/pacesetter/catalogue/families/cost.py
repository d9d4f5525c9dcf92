"""Family H, cost: what the service costs to deliver."""

from pacesetter.catalogue.record import Better, Definition, Example, Formula, Kpi, Part, Unit

_OWNERS = ("owner", "service delivery manager")
_COGS = Part(fact="ledger", anchor="invoiced", value="cogs", where="side IN ('labor', 'goods')")

KPIS = (
    Kpi(
        id="cost_per_ticket",
        family="H",
        title="Cost per ticket",
        question="What does a ticket cost?",
        unit=Unit.CURRENCY,
        better=Better.LOWER,
        definition=Definition(
            text="cost of the support group ÷ tickets handled (resolved or escalated in the period, each once); cut by client, channel, "
            "tier and the like, the cost of each month is spread by effort",
            numerator=Part(fact="support_costs", anchor="handled", value="amount"),
            denominator=Part(fact="handled", anchor="handled", distinct=True),
            statistics=("mean",),
            needs=("support_costs", "resolutions"),
            additive=False,
        ),
        caveats=("Ask whole months: costs are booked on single days.", "A month without work keeps its cost unspread."),
        users=_OWNERS,
        example=Example(text="20 000 for 1000 tickets: 20", value=20),
    ),
    Kpi(
        id="cost_of_goods_sold",
        family="H",
        title="Cost of goods sold (COGS)",
        question="What does it cost to deliver what is sold?",
        unit=Unit.CURRENCY,
        better=Better.LOWER,
        definition=Definition(
            text="labor + material + software + infrastructure; overhead is not in it",
            numerator=_COGS,
            formula=Formula.SUM,
            statistics=("amount",),
            needs=("costs",),
        ),
        floor=0,
        caveats=(
            "Cut by client or offering, shared costs are spread by the workspace's cost key within each calendar month.",
        ),
        users=_OWNERS,
        example=Example(text="600 labor, 100 material, 200 software, 50 infrastructure, 70 overhead: 950", value=950),
    ),
    Kpi(
        id="gross_margin",
        family="H",
        title="Gross margin",
        question="What is left of the revenue after delivering?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=Definition(
            text="1 − cost of goods sold ÷ revenue",
            numerator=Part(fact="ledger", anchor="invoiced", value="revenue - cogs", where="side <> 'overhead'"),
            denominator=Part(fact="ledger", anchor="invoiced", value="revenue", where="side = 'income'"),
            scale=100.0,
            statistics=("ratio",),
            needs=("costs", "invoices"),
        ),
        floor=10,
        caveats=(
            "Cut by client or offering, shared costs are spread by the workspace's cost key within each calendar month.",
        ),
        users=_OWNERS,
        example=Example(text="1000 revenue, 550 cost: 45 %", value=45),
    ),
)
