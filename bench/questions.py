"""The questions of the evaluator's benchmark: KPIs by client and month, each with SQL as one would write it by hand over the same facts.

Every statement gives client, month and the values in the order of ``statistics``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

FIRST_S, AS_OF_S = 1672531200, 1767225600
CURRENT = f"(superseded_s IS NULL OR superseded_s > {AS_OF_S})"
SHARE = "100.0 * count(CASE WHEN {} THEN 1 END) / count(*)"


@dataclass(frozen=True)
class Asked:
    """One KPI, and the SQL of (client, month, values in the order of ``statistics``)."""

    kpi: str
    statistics: tuple[str, ...]
    sql: str


def by_month(
    table: str, at: str, values: str, where: str = "TRUE", valid: str = CURRENT, client: str = "client_id"
) -> str:
    """One GROUP BY over a fact."""
    return (
        f"SELECT {client} AS client_id, date_trunc('month', make_timestamp({at} * 1000000)) AS month, {values} FROM {table} "
        f"WHERE {valid} AND {at} >= {FIRST_S} AND {at} < {AS_OF_S} AND excluded_as IS NULL AND ({where}) GROUP BY ALL"
    )


def both(first: str, second: str, value: str) -> str:
    """A value of two statements that give ``a`` and ``b``."""
    return f"SELECT client_id, month, {value} FROM ({first}) FULL JOIN ({second}) USING (client_id, month)"


def spread(value: str) -> str:
    return f"avg({value}), quantile_cont({value}, 0.5), quantile_cont({value}, 0.9)"


def questions() -> Iterator[Asked]:
    """All of them."""
    yield from durations()
    yield from resolutions()
    yield from flows()
    yield from promises()
    yield from voices()
    yield from works()


def durations() -> Iterator[Asked]:
    three = ("mean", "median", "p90")
    responses = by_month("f_responses", "responded_s", spread("business_s"), "type <> 'alert' AND NOT is_early", "TRUE")
    yield Asked("first_response_time", three, responses)
    yield Asked("resolution_time", three, by_month("f_resolutions", "resolved_s", spread("business_s"), "NOT is_early"))
    yield Asked("mttr", three, by_month("f_closures", "closed_s", spread("calendar_s"), "NOT is_early"))
    first = by_month("f_escalations", "escalated_s", spread("business_s"), "nth = 1 AND NOT is_early", "TRUE")
    yield Asked("time_to_escalate", three, first)
    acted = by_month("f_escalations", "escalated_s", spread("action_business_s"), f"action_s <= {AS_OF_S}", "TRUE")
    yield Asked("escalation_response_time", three, acted)
    silence = "avg(silence_business_s), quantile_cont(silence_business_s, 0.9)"
    yield Asked("update_interval", ("mean", "p90"), by_month("f_resolutions", "resolved_s", silence, "NOT is_early"))
    held = by_month("f_hands", "resolved_s", "sum(business_s) / count(DISTINCT ticket_key)", "NOT is_early")
    yield Asked("time_in_hands", ("mean",), held)
    taken = """(SELECT f.client_id, i.start_s, i.opened_s, f.excluded_as FROM f_intervals AS i JOIN f_tickets AS f USING (ticket_key)
        WHERE f.type = 'alert' AND i.phase_code <> 1 QUALIFY row_number() OVER (PARTITION BY ticket_key ORDER BY i.start_s) = 1)"""
    yield Asked("alert_triage_time", three, by_month(taken, "start_s", spread("opened_s"), valid="TRUE"))


def resolutions() -> Iterator[Asked]:
    joined = f"(SELECT r.*, t.root_cause, t.fix, t.on_site FROM f_resolutions AS r JOIN f_tickets AS t USING (ticket_key) WHERE {CURRENT})"
    worked = f"""(SELECT r.*, w.ticket_key IS NOT NULL AS has_work, coalesce(w.visited, FALSE) OR coalesce(t.on_site, FALSE) AS visited
        FROM f_resolutions AS r JOIN f_tickets AS t USING (ticket_key) LEFT JOIN (
            SELECT ticket_key, bool_or(on_site) AS visited FROM f_work WHERE {CURRENT} AND ticket_key IS NOT NULL GROUP BY ticket_key
        ) AS w ON w.ticket_key = r.ticket_key)"""
    fcr = "NOT had_second_contact AND NOT was_escalated AND handoffs = 0 AND NOT was_reopened_in_window"
    for kpi, table, hit, where in (
        ("first_contact_resolution", "f_resolutions", fcr, "type <> 'alert'"),
        ("first_level_resolution", "f_resolutions", "tier = 1 AND NOT was_escalated", "TRUE"),
        ("reopen_rate", "f_resolutions", "was_reopened", "TRUE"),
        ("ping_pong_rate", "f_resolutions", "returns > 0", "TRUE"),
        ("documentation_rate", "f_resolutions", "has_usable_note", "TRUE"),
        ("kb_usage_rate", "f_resolutions", f"article_s <= {AS_OF_S}", "TRUE"),
        ("comanaged_share", "f_resolutions", "handled_by = 'both'", "TRUE"),
        ("root_cause_rate", joined, "root_cause IS NOT NULL", "type = 'incident'"),
        ("permanent_fix_rate", joined, "fix = 'permanent'", "type = 'incident' AND fix IS NOT NULL"),
        ("automation_rate", worked, "NOT (was_touched OR has_work)", "TRUE"),
        ("remote_resolution_rate", worked, "NOT visited", "TRUE"),
    ):
        yield Asked(kpi, ("share",), by_month(table, "resolved_s", SHARE.format(hit), where))
    yield Asked("handoffs_per_ticket", ("ratio",), by_month("f_resolutions", "resolved_s", "avg(handoffs)"))
    yield from repeats()


def repeats() -> Iterator[Asked]:
    """The same contact with the same category within thirty days of a resolution (the bundle has no assets)."""
    pairs = f"""(SELECT a.ticket_key, b.ticket_key AS before_key, a.excluded_as FROM f_tickets AS a JOIN (
            SELECT t.ticket_key, t.client_id, t.category, t.contact_id, r.resolved_s FROM f_resolutions AS r
            JOIN f_tickets AS t USING (ticket_key) WHERE t.type = 'incident' AND t.excluded_as IS NULL AND {CURRENT}) AS b
        ON a.client_id = b.client_id AND a.category = b.category AND a.contact_id = b.contact_id AND a.ticket_key <> b.ticket_key
            AND b.resolved_s <= a.created_s AND b.resolved_s > a.created_s - 2592000 WHERE a.type = 'incident')"""
    again = f"(SELECT t.*, ticket_key IN (SELECT ticket_key FROM {pairs}) AS again FROM f_tickets AS t WHERE type = 'incident')"
    yield Asked("repeat_incident_rate", ("share",), by_month(again, "created_s", SHARE.format("again"), valid="TRUE"))
    undone = f"was_reopened_in_window OR ticket_key IN (SELECT before_key FROM {pairs} WHERE excluded_as IS NULL)"
    kept = f"(SELECT r.*, {undone} AS was_undone FROM f_resolutions AS r)"
    yield Asked("resolution_accuracy", ("share",), by_month(kept, "resolved_s", SHARE.format("NOT was_undone")))


def flows() -> Iterator[Asked]:
    came = by_month("f_tickets", "created_s", "count(*) AS a", valid="TRUE")
    gone = by_month("f_closures", "closed_s", "count(*) AS b")
    solved = by_month("f_resolutions", "resolved_s", "count(*) AS b")
    yield Asked("tickets_created", ("count",), came)
    yield Asked("tickets_resolved", ("count",), solved)
    yield Asked("tickets_closed", ("count",), gone)
    yield Asked("net_ticket_change", ("count",), both(came, gone, "coalesce(a, 0) - coalesce(b, 0)"))
    yield Asked("new_to_closed_ratio", ("ratio",), both(came, gone, "coalesce(a, 0) / nullif(b, 0)"))
    yield Asked("resolution_rate", ("ratio",), both(came, solved, "100.0 * coalesce(b, 0) / nullif(a, 0)"))
    back = SHARE.format(f"returned_s <= {AS_OF_S}")
    yield Asked("escalation_bounce_rate", ("share",), by_month("f_escalations", "escalated_s", back, valid="TRUE"))
    handled = f"""(SELECT client_id, ticket_key, escalated_s AS at_s, excluded_as, TRUE AS up FROM f_escalations
        UNION ALL SELECT client_id, ticket_key, resolved_s, excluded_as, FALSE FROM f_resolutions WHERE {CURRENT})"""
    rate = "100.0 * count(DISTINCT CASE WHEN up THEN ticket_key END) / count(DISTINCT ticket_key)"
    yield Asked("escalation_rate", ("share",), by_month(handled, "at_s", rate, valid="TRUE"))
    ours = SHARE.format(
        "coalesce(opened_by = 'automation', FALSE) OR coalesce(channel = 'monitoring', FALSE) OR coalesce(type = 'alert', FALSE) OR ("
        "NOT coalesce(channel IN ('phone', 'chat', 'walk_in'), FALSE) AND (coalesce(type = 'problem', FALSE) AND "
        "coalesce(opened_by, 'technician') = 'technician' OR coalesce(type IN ('change', 'task') AND opened_by = 'technician', FALSE)))"
    )
    yield Asked("proactive_rate", ("share",), by_month("f_tickets", "created_s", ours, valid="TRUE"))
    ends = f"""(SELECT epoch_us(m) // 1000000 AS from_s, epoch_us(m + INTERVAL 1 MONTH) // 1000000 AS to_s
        FROM range(make_timestamp({FIRST_S}000000), make_timestamp({AS_OF_S}000000), INTERVAL 1 MONTH) AS r(m))"""
    standing = f"""SELECT f.client_id, make_timestamp(e.from_s * 1000000) AS month, count(*) FROM f_intervals AS i
        JOIN f_tickets AS f USING (ticket_key) JOIN {ends} AS e ON i.start_s < e.to_s AND (i.end_s IS NULL OR i.end_s >= e.to_s)
        WHERE i.phase_code <= 5 AND (f.excluded_as IS NULL) GROUP BY ALL"""
    yield Asked("backlog", ("count",), standing)


def promises() -> Iterator[Asked]:
    """Service levels from the clocks: met of those that were met or broken, in the month in which that was decided."""
    broken = f"due_s < coalesce(stopped_s, cancelled_s, {AS_OF_S})"
    valid = f"due_reason IS NULL AND valid_from_s <= {AS_OF_S}"
    for kpi, clock, where in (
        ("sla_response_compliance", "respond", "type <> 'alert'"),
        ("sla_resolution_compliance", "resolve", "TRUE"),
    ):
        judged = (
            f"(SELECT *, {broken} AS is_broken, CASE WHEN {broken} THEN due_s ELSE stopped_s END AS judged_s FROM f_clocks "
            f"WHERE clock = '{clock}' AND {valid})"
        )
        yield Asked(
            kpi, ("share",), by_month(judged, "judged_s", SHARE.format("NOT coalesce(is_broken, FALSE)"), where)
        )
    yield Asked("sla_breaches", ("count",), by_month("f_clocks", "due_s", "count(*)", f"{broken} AND {valid}"))
    ended = f"NOT is_kept OR (is_kept AND {CURRENT})"
    yield Asked(
        "sla_compliance", ("share",), by_month("f_verdicts", "judged_s", SHARE.format("is_kept"), ended, "TRUE")
    )
    named = f"""(SELECT t.client_id, t.promised_s, t.excluded_as, coalesce(r.resolved_s <= t.promised_s, FALSE) AS is_kept
        FROM f_tickets AS t LEFT JOIN (SELECT ticket_key, resolved_s FROM f_resolutions WHERE {CURRENT} AND resolved_s <= {AS_OF_S}) AS r
        USING (ticket_key)
        WHERE t.promised_s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM f_intervals AS i WHERE i.ticket_key = t.ticket_key
            AND i.phase = 'cancelled' AND i.start_s <= t.promised_s AND coalesce(i.end_s > t.promised_s, TRUE)))"""
    yield Asked("promise_kept_rate", ("share",), by_month(named, "promised_s", SHARE.format("is_kept"), valid="TRUE"))


def voices() -> Iterator[Asked]:
    people = "coalesce(type <> 'alert', TRUE)"
    top = f"{SHARE.format('score >= 0.8 * scale_max')}, avg(5.0 * score / scale_max)"
    csat = by_month("f_surveys", "answered_s", top, f"kind = 'csat' AND {people}", "TRUE")
    yield Asked("csat", ("share", "mean_score"), csat)
    back = SHARE.format(f"answered_s <= {AS_OF_S}")
    yield Asked(
        "csat_response_rate", ("share",), by_month("f_surveys", "sent_s", back, f"kind = 'csat' AND {people}", "TRUE")
    )
    net = "100.0 * (count(CASE WHEN score >= 9 THEN 1 END) - count(CASE WHEN score <= 6 THEN 1 END)) / count(*)"
    yield Asked("nps", ("score",), by_month("f_surveys", "answered_s", net, f"kind = 'nps' AND {people}", "TRUE"))
    visits = """(SELECT c.client_id, v.kind, v.session, coalesce(v.contact_id, v.session) AS visitor, v.contact_id, NULL AS excluded_as,
        epoch_us(v.occurred_at) // 1000000 AS at_s FROM article_events AS v LEFT JOIN contacts AS c USING (contact_id))"""
    votes = by_month(
        visits, "at_s", SHARE.format("kind = 'helpful'") + " AS a", "kind IN ('helpful', 'not_helpful')", "TRUE"
    )
    used = f"(SELECT r.*, u.used_s FROM f_resolutions AS r JOIN f_article_uses AS u USING (ticket_key) WHERE u.used_s <= {AS_OF_S})"
    came_back = by_month(used, "resolved_s", SHARE.format("was_reopened") + " AS b")
    yield Asked("kb_article_effectiveness", ("share", "reopen_rate"), both(votes, came_back, "a, b"))
    read = f"""(SELECT session, min(at_s) AS at_s, min(contact_id) AS contact_id, min(client_id) AS client_id, NULL AS excluded_as
        FROM {visits} WHERE kind = 'view' GROUP BY session)"""
    asked = f"""(SELECT DISTINCT r.session FROM {read} AS r JOIN f_tickets AS t ON t.contact_id = r.contact_id
        AND t.created_s >= r.at_s AND t.created_s < r.at_s + 86400 WHERE t.excluded_as IS NULL)"""
    alone = f"(SELECT r.*, session NOT IN (SELECT session FROM {asked}) AS alone FROM {read} AS r)"
    yield Asked("kb_deflection_rate", ("share",), by_month(alone, "at_s", SHARE.format("alone"), valid="TRUE"))
    seen = by_month(visits, "at_s", "count(DISTINCT visitor) AS a", valid="TRUE")
    asking = by_month("f_tickets", "created_s", "count(DISTINCT contact_id) AS b", valid="TRUE")
    yield Asked("kb_self_service_ratio", ("ratio",), both(seen, asking, "coalesce(a, 0) / nullif(b, 0)"))


def works() -> Iterator[Asked]:
    worked = by_month("f_work", "started_s", "sum(worked_s) AS a", "ticket_key IS NOT NULL")
    came = by_month("f_tickets", "created_s", "count(*) AS b", valid="TRUE")
    solved = by_month("f_resolutions", "resolved_s", "count(*) AS b")
    yield Asked("customer_efficiency", ("ratio",), both(worked, came, "coalesce(a, 0) / nullif(b, 0)"))
    yield Asked("technician_efficiency", ("ratio",), both(worked, solved, "coalesce(a, 0) / nullif(b, 0)"))
    fields = (
        "c.category",
        "c.priority",
        "c.team_id",
        "c.technician_id",
        "t.contact_id",
        "coalesce(w.ticket_key, t.worked_minutes)",
    )
    filled = " + ".join(f"CASE WHEN {c} IS NOT NULL THEN 1 ELSE 0 END" for c in fields)
    closed = f"""(SELECT c.client_id, c.closed_s, c.excluded_as, {filled} AS filled
        FROM f_closures AS c JOIN f_tickets AS t USING (ticket_key)
        LEFT JOIN (SELECT DISTINCT ticket_key FROM f_work WHERE {CURRENT} AND ticket_key IS NOT NULL) AS w ON w.ticket_key = c.ticket_key
        WHERE {CURRENT})"""
    yield Asked(
        "record_completeness",
        ("ratio",),
        by_month(closed, "closed_s", "100.0 * sum(filled) / (6 * count(*))", valid="TRUE"),
    )
    down = "(SELECT *, NULL AS excluded_as FROM f_outages WHERE kind = 'unplanned')"
    yield Asked("outage_count", ("count",), by_month(down, "start_s", "count(*)", valid="TRUE"))
