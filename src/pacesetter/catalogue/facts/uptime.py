"""Facts about infrastructure and projects: service time, outages, lost business hours, delivered projects."""

from pacesetter.catalogue.facts.record import B, Fact, N, X

_SERVICE = {"service_id": X, "client_id": X}

FACTS = (
    Fact(
        name="service_time",
        doc="the time that each service was in service in the period, with its downtime, overlapping outages merged",
        source="""
            WITH spans AS (
                SELECT e.p, s.service_id, s.client_id, coalesce(s.weight, 1.0) AS weight,
                    greatest(e.from_s, coalesce(a.at_s, e.from_s)) AS low_s, least(e.at_s, coalesce(b.at_s, e.at_s)) AS high_s
                FROM services AS s
                LEFT JOIN day_starts AS a ON a.day = s.since_on
                LEFT JOIN day_starts AS b ON b.day = s.until_on
                CROSS JOIN period_spans AS e),
            clipped AS (
                SELECT s.p, s.service_id, o.kind,
                    least(s.high_s, coalesce(o.end_s, s.high_s)) - greatest(s.low_s, o.start_s) AS down_s
                FROM spans AS s JOIN f_outages AS o
                    ON o.service_id = s.service_id AND o.start_s < s.high_s AND (o.end_s IS NULL OR o.end_s > s.low_s)),
            down AS (
                SELECT p, service_id,
                    CAST(sum(CASE WHEN kind = 'unplanned' THEN down_s ELSE 0 END) AS BIGINT) AS unplanned_s,
                    CAST(sum(CASE WHEN kind = 'planned' THEN down_s ELSE 0 END) AS BIGINT) AS planned_s,
                    CAST(sum(CASE WHEN kind = 'any' THEN down_s ELSE 0 END) AS BIGINT) AS any_s
                FROM clipped GROUP BY p, service_id)
            SELECT s.p, s.low_s AS at_s, s.service_id, s.client_id, s.weight, s.high_s - s.low_s AS service_s,
                coalesce(d.unplanned_s, 0) AS unplanned_s, coalesce(d.planned_s, 0) AS planned_s, coalesce(d.any_s, 0) AS any_s
            FROM spans AS s LEFT JOIN down AS d ON d.p = s.p AND d.service_id = s.service_id
            WHERE s.low_s < s.high_s""",
        anchors={"period": "at_s", "started": "at_s"},
        columns={**_SERVICE, "weight": N, "service_s": N, "unplanned_s": N, "planned_s": N, "any_s": N, "at_s": N},
        row_id="service_id",
        periodic=True,
        lookups=frozenset({"days"}),
        reals=frozenset({"weight"}),
    ),
    Fact(
        name="outages",
        doc="every unplanned outage; those of one service that overlap are one",
        source="""
            SELECT f.outage_id, f.service_id, f.client_id, f.cause, f.start_s AS started_s,
                CASE WHEN f.end_s <= :as_of THEN f.end_s END AS ended_s,
                CASE WHEN f.end_s <= :as_of THEN f.end_s - f.start_s END AS lasted_s
            FROM f_outages AS f WHERE f.kind = 'unplanned' AND f.start_s <= :as_of""",
        anchors={"started": "started_s", "ended": "ended_s"},
        columns={**_SERVICE, "outage_id": X, "cause": X, "started_s": N, "ended_s": N, "lasted_s": N},
        row_id="outage_id",
    ),
    Fact(
        name="lost_time",
        doc="unplanned downtime within the client's business hours, cut at the edges of periods",
        source="""
            SELECT e.p, e.from_s AS at_s, f.outage_id, f.service_id, f.client_id, f.cause, f.users, f.start_s,
                least(f.end_s, e.at_s) - greatest(f.start_s, e.from_s) AS lost_s
            FROM f_lost AS f JOIN period_spans AS e ON f.start_s < e.at_s AND f.end_s > e.from_s""",
        anchors={"period": "at_s"},
        columns={**_SERVICE, "outage_id": X, "cause": X, "users": N, "lost_s": N, "start_s": N, "at_s": N},
        row_id="outage_id",
        periodic=True,
        reals=frozenset({"users"}),
    ),
    Fact(
        name="projects",
        doc="every delivered project, with what was promised",
        source="""
            SELECT f.project_id, f.client_id, d.at_s AS delivered_s, f.promised_on IS NOT NULL AS has_date,
                f.budget IS NOT NULL AND f.actual_cost IS NOT NULL AS has_budget,
                coalesce(f.delivered_on <= f.promised_on, FALSE) AS was_on_time,
                coalesce(f.actual_cost <= f.budget, FALSE) AS was_on_budget,
                date_diff('day', f.promised_on, f.delivered_on) AS slip_days,
                CAST((f.actual_cost - f.budget) * r.rate AS DECIMAL(28, 8)) AS overrun,
                CAST(f.budget * r.rate AS DECIMAL(28, 8)) AS budget,
                CASE WHEN r.rate IS NULL THEN coalesce(f.currency, :home) END AS lacking
            FROM projects AS f JOIN day_starts AS d ON d.day = f.delivered_on
            LEFT JOIN day_rates AS r ON r.day = f.delivered_on AND r.currency = coalesce(f.currency, :home)
            WHERE d.at_s <= :as_of""",
        anchors={"delivered": "delivered_s"},
        columns={"project_id": X, "client_id": X, "delivered_s": N, "has_date": B, "has_budget": B, "was_on_time": B,
                 "was_on_budget": B, "slip_days": N, "overrun": N, "budget": N},
        row_id="project_id",
        daily=True,
        lookups=frozenset({"days", "money"}),
        money=frozenset({"overrun", "budget"}),
    ),
)  # fmt: skip
