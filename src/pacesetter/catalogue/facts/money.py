"""Facts about clients and money. Every amount is in the workspace's currency, at the rate in force on the row's day.

Shared costs are spread over clients and offerings by the workspace's cost key (``rules.shared_cost_key``) within the calendar month of the
cost, and support costs by effort; only where the question takes rows apart, so that the whole stays exact.
"""

from pacesetter.catalogue.facts.record import B, Fact, N, X

_RATE = "LEFT JOIN day_rates AS r ON r.day = {day} AND r.currency = coalesce(f.currency, :home)"
_LACKING = "CASE WHEN r.rate IS NULL THEN coalesce(f.currency, :home) END AS lacking"
_COGS = "f.kind IN ('labor', 'material', 'software', 'infrastructure')"
_NONE = "CAST(0 AS DECIMAL(28, 8))"

_INVOICES = f"""
    SELECT f.line_id AS row_id, d.at_s, f.client_id, f.offering_id, f.agreement_id, CAST(NULL AS VARCHAR) AS team_id,
        CAST(NULL AS VARCHAR) AS cost_kind, 'income' AS side, CAST(f.amount * r.rate AS DECIMAL(28, 8)) AS revenue,
        CASE WHEN f.is_recurring THEN CAST(f.amount * r.rate AS DECIMAL(28, 8)) ELSE {_NONE} END AS recurring,
        CASE WHEN r.rate IS NOT NULL THEN {_NONE} END AS cogs, CASE WHEN r.rate IS NOT NULL THEN {_NONE} END AS serving, {_LACKING}
    FROM invoice_lines AS f JOIN day_starts AS d ON d.day = f.invoiced_on {_RATE.format(day="f.invoiced_on")}
    WHERE d.at_s <= :as_of"""
_COSTS = f"""
    SELECT f.cost_id, d.at_s, d.month, f.client_id, f.offering_id, f.team_id, f.kind AS cost_kind,
        coalesce(f.is_support, FALSE) AS is_support,
        CAST(f.amount * r.rate AS DECIMAL(28, 8)) AS amount, {_COGS} AS is_cogs, {_LACKING}
    FROM costs AS f JOIN day_starts AS d ON d.day = f.incurred_on {_RATE.format(day="f.incurred_on")}
    WHERE d.at_s <= :as_of"""
_COST_ROWS = """
    SELECT f.cost_id, f.at_s, f.client_id, f.offering_id, NULL, f.team_id, f.cost_kind,
        CASE WHEN f.cost_kind = 'labor' THEN 'labor' WHEN f.is_cogs THEN 'goods' ELSE 'overhead' END,
        CASE WHEN f.lacking IS NULL THEN CAST(0 AS DECIMAL(28, 8)) END,
        CASE WHEN f.lacking IS NULL THEN CAST(0 AS DECIMAL(28, 8)) END,
        CASE WHEN f.is_cogs OR f.amount IS NULL THEN f.amount ELSE CAST(0 AS DECIMAL(28, 8)) END,
        CASE WHEN f.cost_kind <> 'labor' OR f.amount IS NULL THEN f.amount ELSE CAST(0 AS DECIMAL(28, 8)) END, f.lacking
    FROM {costs} AS f"""


def _month(at: str) -> str:
    return f"CASE WHEN {at} >= c.edge_2 THEN c.idx + 2 WHEN {at} >= c.edge_1 THEN c.idx + 1 ELSE c.idx END"


_SPAN = "JOIN month_cells AS c ON c.cell = {at} // 86400"
_WEIGHTS = f"""
    SELECT {_month("f.started_s")} AS month, f.client_id, f.offering_id, CAST(sum(f.worked_s) AS DOUBLE) AS weight
    FROM f_work AS f {_SPAN.format(at="f.started_s")}
    WHERE :cost_key = 'hours' AND f.client_id IS NOT NULL AND f.excluded_as IS NULL AND f.started_s <= :as_of
        AND (f.superseded_s IS NULL OR f.superseded_s > :as_of) GROUP BY 1, 2, 3
    UNION ALL
    SELECT {_month("f.created_s")}, f.client_id, f.offering_id, CAST(count(*) AS DOUBLE)
    FROM f_tickets AS f {_SPAN.format(at="f.created_s")}
    WHERE :cost_key = 'tickets' AND f.excluded_as IS NULL AND f.created_s <= :as_of GROUP BY 1, 2, 3
    UNION ALL
    SELECT m.month, f.client_id, CAST(NULL AS VARCHAR), max(f.seats)
    FROM clients AS f LEFT JOIN day_starts AS a ON a.day = f.started_on LEFT JOIN day_starts AS b ON b.day = f.ended_on
    JOIN (SELECT month, min(at_s) AS low_s, max(at_s) AS high_s FROM day_starts GROUP BY month) AS m
        ON (a.at_s IS NULL OR a.at_s <= m.high_s) AND (b.at_s IS NULL OR b.at_s > m.low_s)
    WHERE :cost_key = 'seats' AND f.seats > 0 GROUP BY 1, 2
    UNION ALL
    SELECT d.month, f.client_id, f.offering_id, CAST(sum(f.amount * r.rate) AS DOUBLE)
    FROM invoice_lines AS f JOIN day_starts AS d ON d.day = f.invoiced_on {_RATE.format(day="f.invoiced_on")}
    WHERE :cost_key = 'revenue' AND d.at_s <= :as_of GROUP BY 1, 2, 3 HAVING sum(f.amount * r.rate) > 0"""
_SPREAD = f"""
    costs_dated AS ({_COSTS}),
    weights AS ({_WEIGHTS}),
    shares AS (SELECT *, weight / sum(weight) OVER (PARTITION BY month) AS share FROM weights),
    offering_shares AS (
        SELECT *, weight / sum(weight) OVER (PARTITION BY month, offering_id) AS share FROM weights WHERE offering_id IS NOT NULL),
    placed AS (
        SELECT f.cost_id, f.at_s, f.client_id, f.offering_id, f.team_id, f.cost_kind, f.is_cogs, f.is_support, f.amount, f.lacking
        FROM costs_dated AS f WHERE f.client_id IS NOT NULL
        UNION ALL
        SELECT f.cost_id, f.at_s, s.client_id, f.offering_id, f.team_id, f.cost_kind, f.is_cogs, f.is_support,
            CASE WHEN s.month IS NULL THEN f.amount ELSE CAST(CAST(f.amount AS DOUBLE) * s.share AS DECIMAL(28, 8)) END, f.lacking
        FROM costs_dated AS f LEFT JOIN offering_shares AS s ON s.month = f.month AND s.offering_id = f.offering_id
        WHERE f.client_id IS NULL AND f.offering_id IS NOT NULL
        UNION ALL
        SELECT f.cost_id, f.at_s, s.client_id, s.offering_id, f.team_id, f.cost_kind, f.is_cogs, f.is_support,
            CASE WHEN s.month IS NULL THEN f.amount ELSE CAST(CAST(f.amount AS DOUBLE) * s.share AS DECIMAL(28, 8)) END, f.lacking
        FROM costs_dated AS f LEFT JOIN shares AS s ON s.month = f.month
        WHERE f.client_id IS NULL AND f.offering_id IS NULL)"""
_LABOR = f"""
    SELECT f.entry_id, f.started_s, f.client_id, f.offering_id, NULL, f.team_id, 'labor', 'hours', {_NONE}, {_NONE}, {_NONE},
        CAST(f.cost_rate * f.worked_s / 3600 AS DECIMAL(28, 8)), CAST(NULL AS VARCHAR), CAST(0 AS BIGINT)
    FROM f_work AS f
    WHERE f.client_id IS NOT NULL AND f.cost_rate IS NOT NULL AND f.started_s <= :as_of
        AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)
    UNION ALL
    SELECT f.entry_id, f.started_s, f.client_id, f.offering_id, NULL, f.team_id, 'labor', 'unrated', {_NONE}, {_NONE}, {_NONE},
        {_NONE}, CAST(NULL AS VARCHAR), f.worked_s
    FROM f_work AS f
    WHERE f.client_id IS NOT NULL AND f.cost_rate IS NULL AND f.worked_s > 0 AND f.started_s <= :as_of
        AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)"""
_LEDGER = {"row_id": X, "at_s": N, "client_id": X, "offering_id": X, "agreement_id": X, "team_id": X, "cost_kind": X, "side": X,
           "revenue": N, "recurring": N, "cogs": N, "serving": N}  # fmt: skip
_WHOLE = f"WITH costs_dated AS ({_COSTS})"
_SERVED = f"""
    SELECT b.*, CAST(0 AS BIGINT) AS unrated_s FROM ({_INVOICES} UNION ALL {_COST_ROWS}) AS b
    UNION ALL {_LABOR}"""
_MONEY = frozenset({"revenue", "recurring", "cogs", "serving"})
_MONEY_LOOKUPS = frozenset({"days", "money", "months"})
_HELD = """
    agreements AS f JOIN clients AS k ON k.client_id = f.client_id
    JOIN day_starts AS a ON a.day = f.starts_on
    LEFT JOIN day_starts AS b ON b.day = f.ends_on"""


def _lifetimes(with_costs: str, costs: str) -> str:
    return f"""
        {with_costs},
        rows AS ({_INVOICES} UNION ALL {_COST_ROWS.format(costs=costs)}),
        held AS (
            SELECT e.p, f.client_id, sum(CAST(f.monthly_amount * r.end_rate AS DECIMAL(28, 8))) AS monthly,
                max(CASE WHEN r.end_rate IS NULL THEN coalesce(f.currency, :home) END) AS lacking
            FROM {_HELD}
            JOIN period_spans AS e ON a.at_s < e.before_s AND (b.at_s IS NULL OR b.at_s >= e.before_s)
            LEFT JOIN period_rates AS r ON r.p = e.p AND r.currency = coalesce(f.currency, :home)
            GROUP BY e.p, f.client_id)
        SELECT e.p, e.from_s AS at_s, k.client_id AS row_id, k.client_id, 1 AS is_client,
            least(e.at_s, coalesce(b.at_s, e.at_s)) - a.at_s AS tenure_s,
            CASE WHEN b.at_s < e.before_s THEN 1 ELSE 0 END AS ended,
            CASE WHEN coalesce(a.at_s < e.from_s, TRUE) AND (b.at_s IS NULL OR b.at_s >= e.from_s) THEN 1 ELSE 0 END AS in_base,
            CASE WHEN coalesce(a.at_s < e.from_s, TRUE) AND b.at_s >= e.from_s AND b.at_s < e.before_s THEN 1 ELSE 0 END AS was_lost,
            h.monthly, {_NONE} AS revenue, {_NONE} AS cogs, h.lacking
        FROM clients AS k LEFT JOIN day_starts AS a ON a.day = k.started_on LEFT JOIN day_starts AS b ON b.day = k.ended_on
        CROSS JOIN period_spans AS e
        LEFT JOIN held AS h ON h.p = e.p AND h.client_id = k.client_id
        WHERE coalesce(a.at_s < e.before_s, TRUE) OR h.client_id IS NOT NULL
        UNION ALL
        SELECT e.p, e.from_s, f.row_id, f.client_id, 0, 0, 0, 0, 0, {_NONE}, f.revenue, f.cogs, f.lacking
        FROM rows AS f JOIN period_spans AS e ON f.at_s >= e.from_s AND f.at_s < e.before_s"""


FACTS = (
    Fact(
        name="ledger",
        doc="every invoice line and every cost, those without a client spread by the cost key where the question takes rows apart",
        source=f"{_WHOLE} {_INVOICES} UNION ALL {_COST_ROWS.format(costs='costs_dated')}",
        spread_source=f"WITH {_SPREAD} {_INVOICES} UNION ALL {_COST_ROWS.format(costs='placed')}",
        anchors={"invoiced": "at_s"},
        columns=_LEDGER,
        row_id="row_id",
        daily=True,
        lookups=_MONEY_LOOKUPS,
        money=_MONEY,
    ),
    Fact(
        name="contribution",
        doc="every invoice line, every cost that is not labor, and every hour of work at its technician's rate, or without one",
        source=f"{_WHOLE} {_SERVED.format(costs='costs_dated')}",
        spread_source=f"WITH {_SPREAD} {_SERVED.format(costs='placed')}",
        anchors={"invoiced": "at_s"},
        columns={**_LEDGER, "unrated_s": N},
        row_id="row_id",
        daily=True,
        lookups=_MONEY_LOOKUPS,
        money=_MONEY,
    ),
    Fact(
        name="support_costs",
        doc="every cost of the support group, spread over the month's work on tickets where the question takes rows apart",
        source=f"""
            {_WHOLE} SELECT f.cost_id, f.at_s, f.client_id, f.offering_id, f.team_id, f.cost_kind, f.amount, f.lacking
            FROM costs_dated AS f WHERE f.is_support""",
        spread_source=f"""
            WITH costs_dated AS ({_COSTS}),
            monthly AS (
                SELECT month, client_id, min(at_s) AS at_s, sum(amount) AS amount, max(lacking) AS lacking,
                    min(cost_id) AS cost_id, bool_or(amount IS NULL) AS is_unknown
                FROM costs_dated WHERE is_support GROUP BY month, client_id),
            efforts AS (
                SELECT {_month("f.started_s")} AS month, f.client_id, f.offering_id, f.technician_id, f.team_id, f.organisation, f.tier,
                    f.priority, f.category, f.channel, f.type, CAST(sum(f.worked_s) AS DOUBLE) AS effort
                FROM f_work AS f {_SPAN.format(at="f.started_s")}
                WHERE f.ticket_key IS NOT NULL AND f.excluded_as IS NULL AND f.started_s <= :as_of
                    AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)
                GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
            totals AS (SELECT month, CAST(NULL AS VARCHAR) AS client_id, sum(effort) AS effort FROM efforts GROUP BY month
                UNION ALL SELECT month, client_id, sum(effort) FROM efforts GROUP BY month, client_id)
            SELECT m.cost_id, m.at_s, coalesce(e.client_id, m.client_id) AS client_id, e.offering_id, e.technician_id,
                e.team_id, e.organisation, e.tier, e.priority, e.category, e.channel, e.type,
                CAST(NULL AS VARCHAR) AS cost_kind, CAST(NULL AS VARCHAR) AS out_as,
                CASE WHEN m.is_unknown THEN NULL WHEN e.effort IS NULL THEN CAST(m.amount AS DECIMAL(28, 8))
                    ELSE CAST(CAST(m.amount AS DOUBLE) * e.effort / t.effort AS DECIMAL(28, 8)) END AS amount, m.lacking
            FROM monthly AS m
            LEFT JOIN totals AS t ON t.month = m.month AND t.client_id IS NOT DISTINCT FROM m.client_id
            LEFT JOIN efforts AS e ON e.month = m.month AND (m.client_id IS NULL OR e.client_id = m.client_id)""",
        anchors={"handled": "at_s"},
        columns={"cost_id": X, "at_s": N, "client_id": X, "offering_id": X, "team_id": X, "cost_kind": X, "amount": N},
        spread_columns={"technician_id": X, "organisation": X, "tier": N, "priority": X, "category": X, "channel": X, "type": X,
                        "out_as": X},
        row_id="cost_id",
        monthly=True,
        lookups=_MONEY_LOOKUPS,
        money=frozenset({"amount"}),
    ),
    Fact(
        name="recurring",
        doc="every agreement in force at the end of the period",
        source=f"""
            SELECT e.p, e.at_s, f.agreement_id, f.client_id, f.offering_id, k.industry, k.seats, f.quantity,
                CAST(f.monthly_amount * r.end_rate AS DECIMAL(28, 8)) AS amount,
                CASE WHEN r.end_rate IS NULL THEN coalesce(f.currency, :home) END AS lacking
            FROM {_HELD}
            JOIN period_spans AS e ON a.at_s < e.before_s AND (b.at_s IS NULL OR b.at_s >= e.before_s)
            LEFT JOIN period_rates AS r ON r.p = e.p AND r.currency = coalesce(f.currency, :home)""",
        anchors={"instant": "at_s"},
        columns={"agreement_id": X, "client_id": X, "offering_id": X, "industry": X, "seats": N, "quantity": N, "amount": N, "at_s": N},
        row_id="agreement_id",
        periodic=True,
        lookups=frozenset({"days", "money"}),
        money=frozenset({"amount"}),
        reals=frozenset({"seats", "quantity"}),
    ),
    Fact(
        name="revenue_base",
        doc="the recurring value of each client and offering at the start and at the end of the period, both at the rate of the start",
        source=f"""
            WITH held AS (
                SELECT e.p, e.from_s AS at_s, f.client_id, f.offering_id, k.industry,
                    sum(CASE WHEN a.at_s < e.from_s AND (b.at_s IS NULL OR b.at_s >= e.from_s)
                        THEN CAST(f.monthly_amount * r.start_rate AS DECIMAL(28, 8)) ELSE {_NONE} END) AS start_amount,
                    sum(CASE WHEN a.at_s < e.before_s AND (b.at_s IS NULL OR b.at_s >= e.before_s)
                        THEN CAST(f.monthly_amount * r.start_rate AS DECIMAL(28, 8)) ELSE {_NONE} END) AS end_amount,
                    max(CASE WHEN b.at_s < e.before_s THEN coalesce(f.end_reason, k.end_reason) END) AS reason,
                    max(CASE WHEN r.start_rate IS NULL THEN coalesce(f.currency, :home) END) AS lacking
                FROM {_HELD}
                JOIN period_spans AS e ON a.at_s < e.before_s AND (b.at_s IS NULL OR b.at_s >= e.from_s)
                LEFT JOIN period_rates AS r ON r.p = e.p AND r.currency = coalesce(f.currency, :home)
                GROUP BY e.p, e.from_s, f.client_id, f.offering_id, k.industry),
            based AS (SELECT *, sum(start_amount) OVER (PARTITION BY p, client_id) > 0 AS was_client FROM held)
            SELECT p, at_s, client_id, offering_id, industry, client_id || ' ' || offering_id AS base_id,
                CASE WHEN lacking IS NULL THEN CAST(start_amount AS DECIMAL(28, 8)) END AS start_amount,
                CASE WHEN lacking IS NULL THEN CAST(CASE WHEN end_amount < start_amount THEN start_amount - end_amount ELSE 0 END
                    AS DECIMAL(28, 8)) END AS lost,
                CASE WHEN lacking IS NULL THEN CAST(start_amount - end_amount AS DECIMAL(28, 8)) END AS net_lost,
                CASE WHEN end_amount < start_amount THEN coalesce(reason, 'reduced') END AS reason, lacking
            FROM based WHERE was_client OR lacking IS NOT NULL""",
        anchors={"period": "at_s"},
        columns={"base_id": X, "client_id": X, "offering_id": X, "industry": X, "reason": X, "start_amount": N, "lost": N, "net_lost": N,
                 "at_s": N},
        row_id="base_id",
        periodic=True,
        lookups=frozenset({"days", "money"}),
        money=frozenset({"start_amount", "lost", "net_lost"}),
    ),
    Fact(
        name="client_base",
        doc="every client of the start of the period, with whether it was lost in it",
        source="""
            SELECT e.p, e.from_s AS at_s, k.client_id, k.industry, k.end_reason AS reason, coalesce(b.at_s < e.before_s, FALSE) AS was_lost
            FROM clients AS k LEFT JOIN day_starts AS a ON a.day = k.started_on LEFT JOIN day_starts AS b ON b.day = k.ended_on
            JOIN period_spans AS e ON (a.at_s IS NULL OR a.at_s < e.from_s) AND (b.at_s IS NULL OR b.at_s >= e.from_s)""",
        anchors={"period": "at_s"},
        columns={"client_id": X, "industry": X, "reason": X, "was_lost": B, "at_s": N},
        row_id="client_id",
        periodic=True,
        lookups=frozenset({"days"}),
    ),
    Fact(
        name="offering_clients",
        doc="every client at the end of the period, once for every offering, with whether an agreement is in force",
        source=f"""
            WITH held AS (
                SELECT e.p, f.client_id, f.offering_id FROM {_HELD}
                JOIN period_spans AS e ON a.at_s < e.before_s AND (b.at_s IS NULL OR b.at_s >= e.before_s)
                GROUP BY e.p, f.client_id, f.offering_id)
            SELECT e.p, e.at_s, k.client_id, k.industry, o.offering_id, h.p IS NOT NULL AS has_it
            FROM clients AS k LEFT JOIN day_starts AS a ON a.day = k.started_on LEFT JOIN day_starts AS b ON b.day = k.ended_on
            JOIN period_spans AS e ON (a.at_s IS NULL OR a.at_s < e.before_s) AND (b.at_s IS NULL OR b.at_s >= e.before_s)
            CROSS JOIN offerings AS o
            LEFT JOIN held AS h ON h.p = e.p AND h.client_id = k.client_id AND h.offering_id = o.offering_id""",
        anchors={"invoiced": "at_s"},
        columns={"client_id": X, "industry": X, "offering_id": X, "has_it": B, "at_s": N},
        row_id="client_id",
        periodic=True,
        lookups=frozenset({"days"}),
    ),
    Fact(
        name="opportunities",
        doc="every opportunity, with its outcome as far as decided",
        source=f"""
            SELECT f.opportunity_id, f.client_id, f.offering_id, f.owner, o.at_s AS opened_s,
                CASE WHEN x.at_s <= :as_of THEN x.at_s END AS decided_s, CASE WHEN x.at_s <= :as_of THEN f.outcome END AS outcome,
                CASE WHEN x.at_s <= :as_of THEN f.lost_reason END AS reason,
                CAST(f.amount * r.rate AS DECIMAL(28, 8)) AS amount, {_LACKING}
            FROM opportunities AS f JOIN day_starts AS o ON o.day = f.opened_on
            LEFT JOIN day_starts AS x ON x.day = f.decided_on {_RATE.format(day="coalesce(f.decided_on, f.opened_on)")}
            WHERE o.at_s <= :as_of""",
        anchors={"decided": "decided_s", "opened": "opened_s"},
        columns={"opportunity_id": X, "client_id": X, "offering_id": X, "owner": X, "opened_s": N, "decided_s": N, "outcome": X,
                 "reason": X, "amount": N},
        row_id="opportunity_id",
        daily=True,
        lookups=frozenset({"days", "money"}),
        money=frozenset({"amount"}),
    ),
    Fact(
        name="tenures",
        doc="every client that has begun or has an agreement in force at the end of the period, with its tenure where its beginning is "
        "known; and the invoice lines and costs of the period",
        source=_lifetimes(_WHOLE, "costs_dated"),
        spread_source=_lifetimes(f"WITH {_SPREAD}", "placed"),
        anchors={"period": "at_s"},
        columns={"row_id": X, "client_id": X, "is_client": N, "tenure_s": N, "ended": N, "in_base": N, "was_lost": N, "monthly": N,
                 "revenue": N, "cogs": N, "at_s": N, "lacking": X},
        row_id="row_id",
        periodic=True,
        lookups=_MONEY_LOOKUPS,
        money=frozenset({"monthly", "revenue", "cogs"}),
    ),
)  # fmt: skip
