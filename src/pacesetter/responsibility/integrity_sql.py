"""The integrity signs as queries: which moments could show a sign, and which of them do.

Owns the six texts, in the dialect that every engine reads. Each gives one row per moment: ``ticket_key``, ``client_id``, ``team_id``,
``technician_id`` (who held the ticket), ``at_s``, ``is_exposed`` (it lies where the sign would), ``is_hit`` (it shows it). Moments that are
not exposed are what the same team does at other times. Must not know scopes or statistics.

Words in braces are whole seconds: ``from_s``, ``to_s`` (half-open span of the moment), ``as_of_s``, ``near_s``.
"""

_AT = "CAST(epoch_us({e}.occurred_at) // 1000000 AS BIGINT)"
_NEAR = "CASE WHEN {{near_s}} < {c}.target_s // {part} THEN {{near_s}} ELSE {c}.target_s // {part} END"
_POPULATION = "(f.excluded_s IS NULL OR f.excluded_s > {as_of_s})"


def _at(alias: str) -> str:
    return _AT.format(e=alias)


def _near(alias: str, part: int) -> str:
    return _NEAR.format(c=alias, part=part).replace("{{", "{").replace("}}", "}")


PAUSES = f"""
    WITH turns AS (
        SELECT i.ticket_key, i.start_s, i.team_id, i.technician_id, i.phase_code,
            lag(i.phase_code) OVER (PARTITION BY i.ticket_key ORDER BY i.start_s) AS phase_before
        FROM f_intervals AS i
        WHERE i.ticket_key IN (SELECT w.ticket_key FROM f_intervals AS w
            WHERE w.phase_code = 3 AND w.start_s >= {{from_s}} AND w.start_s < {{to_s}})
    ),
    pauses AS (
        SELECT b.ticket_key, b.start_s, b.team_id, b.technician_id, min(n.start_s) AS ended_s
        FROM turns AS b
        JOIN turns AS n ON n.ticket_key = b.ticket_key AND n.start_s > b.start_s AND n.phase_code <> 3
        WHERE b.phase_code = 3 AND coalesce(b.phase_before, 0) <> 3 AND b.start_s >= {{from_s}} AND b.start_s < {{to_s}}
        GROUP BY b.ticket_key, b.start_s, b.team_id, b.technician_id
    ),
    answers AS (
        SELECT p.ticket_key, p.start_s, count(*) AS answers
        FROM pauses AS p
        JOIN ticket_events AS e ON e.ticket_key = p.ticket_key AND e.kind = 'reply' AND e.actor_kind = 'requester'
        WHERE {_at("e")} >= p.start_s AND {_at("e")} <= p.ended_s
        GROUP BY p.ticket_key, p.start_s
    )
    SELECT p.ticket_key, f.client_id, p.team_id, p.technician_id, p.start_s AS at_s,
        c.target_s - c.consumed_s <= {_near("c", 4)} AS is_exposed, a.answers IS NULL AS is_hit
    FROM pauses AS p
    JOIN f_tickets AS f ON f.ticket_key = p.ticket_key
    JOIN f_clocks AS c ON c.ticket_key = p.ticket_key AND c.clock = 'resolve' AND NOT c.is_running AND c.valid_from_s = p.start_s
    LEFT JOIN answers AS a ON a.ticket_key = p.ticket_key AND a.start_s = p.start_s
    WHERE c.target_s > c.consumed_s AND p.ended_s <= {{as_of_s}} AND {_POPULATION}"""

LOWERED = f"""
    WITH runs AS (
        SELECT c.ticket_key, c.cycle, c.team_id, c.technician_id, c.target_s, c.superseded_s, c.priority, c.valid_from_s,
            c.target_s - c.running_s AS left_s, {_near("c", 4)} AS near_s,
            CASE WHEN coalesce(c.superseded_s, c.stopped_s, c.cancelled_s, c.due_s) < c.due_s
                 THEN coalesce(c.superseded_s, c.stopped_s, c.cancelled_s) ELSE c.due_s END AS at_s
        FROM f_clocks AS c
        WHERE c.clock = 'resolve' AND c.is_running AND c.target_s > c.consumed_s AND c.valid_from_s < {{to_s}}
            AND coalesce(c.superseded_s, c.stopped_s, c.cancelled_s, {{from_s}}) >= {{from_s}}
    ),
    reached AS (
        SELECT r.*, coalesce(r.left_s > 0 AND n.target_s > r.target_s AND n.priority IS DISTINCT FROM r.priority, FALSE) AS is_hit
        FROM runs AS r
        LEFT JOIN f_clocks AS n
            ON n.ticket_key = r.ticket_key AND n.clock = 'resolve' AND n.cycle = r.cycle AND n.valid_from_s = r.superseded_s
        WHERE r.at_s >= {{from_s}} AND r.at_s < {{to_s}} AND r.at_s <= {{as_of_s}} AND (r.left_s IS NULL OR r.left_s <= r.near_s)
    ),
    once AS (
        SELECT *, row_number() OVER (
            PARTITION BY ticket_key, cycle ORDER BY CASE WHEN is_hit THEN 0 ELSE 1 END, at_s, valid_from_s) AS place
        FROM reached
    )
    SELECT o.ticket_key, f.client_id, o.team_id, o.technician_id, o.at_s, TRUE AS is_exposed, o.is_hit
    FROM once AS o JOIN f_tickets AS f ON f.ticket_key = o.ticket_key
    WHERE o.place = 1 AND {_POPULATION}"""

REOPENED = f"""
    WITH stops AS (
        SELECT c.ticket_key, r.team_id, r.technician_id, c.stopped_s, r.superseded_s,
            c.target_s - CASE WHEN c.is_running THEN c.running_s ELSE c.consumed_s END AS left_s, {_near("c", 4)} AS near_s
        FROM f_clocks AS c
        JOIN f_resolutions AS r ON r.ticket_key = c.ticket_key AND r.resolved_s = c.stopped_s
        WHERE c.clock = 'resolve' AND c.target_s IS NOT NULL AND c.stopped_s >= {{from_s}} AND c.stopped_s < {{to_s}}
            AND c.stopped_s <= {{as_of_s}} AND (r.superseded_s IS NULL OR r.superseded_s > r.resolved_s)
    ),
    asked AS (
        SELECT s.ticket_key, s.stopped_s, count(*) AS messages
        FROM stops AS s
        JOIN ticket_events AS e ON e.ticket_key = s.ticket_key AND e.kind = 'reply' AND e.actor_kind = 'requester'
        WHERE {_at("e")} >= s.stopped_s AND {_at("e")} <= s.superseded_s
        GROUP BY s.ticket_key, s.stopped_s
    )
    SELECT s.ticket_key, f.client_id, s.team_id, s.technician_id, s.stopped_s AS at_s, s.left_s <= s.near_s AS is_exposed,
        coalesce(s.superseded_s <= {{as_of_s}} AND s.superseded_s - s.stopped_s <= 604800, FALSE) AND a.messages IS NULL AS is_hit
    FROM stops AS s
    JOIN f_tickets AS f ON f.ticket_key = s.ticket_key
    LEFT JOIN asked AS a ON a.ticket_key = s.ticket_key AND a.stopped_s = s.stopped_s
    WHERE s.left_s > 0 AND {_POPULATION}"""

EXTENDED = f"""
    WITH broken AS (
        SELECT c.ticket_key, r.team_id, r.technician_id, c.due_s,
            row_number() OVER (PARTITION BY c.ticket_key ORDER BY c.due_s, c.valid_from_s) AS place
        FROM f_clocks AS c
        JOIN f_resolutions AS r ON r.ticket_key = c.ticket_key AND r.resolved_s = c.stopped_s
        WHERE c.clock = 'resolve' AND c.due_s < c.stopped_s AND c.stopped_s <= {{as_of_s}}
            AND c.due_s >= {{from_s}} AND c.due_s < {{to_s}}
    ),
    latest AS (
        SELECT c.ticket_key, max(c.due_s) AS due_s FROM f_clocks AS c
        WHERE c.clock = 'resolve' AND c.ticket_key IN (SELECT b.ticket_key FROM broken AS b) GROUP BY c.ticket_key
    )
    SELECT b.ticket_key, f.client_id, b.team_id, b.technician_id, b.due_s AS at_s, TRUE AS is_exposed, f.due_s > l.due_s + 60 AS is_hit
    FROM broken AS b
    JOIN latest AS l ON l.ticket_key = b.ticket_key
    JOIN f_tickets AS f ON f.ticket_key = b.ticket_key
    WHERE b.place = 1 AND f.due_s IS NOT NULL AND {_POPULATION}"""

EMPTY = f"""
    WITH replies AS (
        SELECT c.ticket_key, c.team_id, c.technician_id, c.stopped_s AS at_s,
            c.target_s - c.running_s AS left_s, {_near("c", 2)} AS near_s
        FROM f_clocks AS c
        WHERE c.clock = 'respond' AND c.target_s > c.running_s AND c.stopped_s >= {{from_s}} AND c.stopped_s < {{to_s}}
            AND c.stopped_s <= {{as_of_s}} - 7200
    ),
    acted AS (
        SELECT r.ticket_key, count(*) AS acts
        FROM replies AS r
        JOIN ticket_events AS e ON e.ticket_key = r.ticket_key
        WHERE coalesce(e.actor_kind, 'technician') = 'technician' AND e.kind <> 'created'
            AND (e.kind <> 'reply' OR {_at("e")} > r.at_s)
            AND {_at("e")} >= r.at_s - 900 AND {_at("e")} <= r.at_s + 7200
        GROUP BY r.ticket_key
    ),
    worked AS (
        SELECT r.ticket_key, count(*) AS pieces
        FROM replies AS r
        JOIN f_tickets AS k ON k.ticket_key = r.ticket_key
        JOIN time_entries AS e ON e.ticket_id = k.ticket_id
        WHERE {_at("e").replace("occurred_at", "started_at")} <= r.at_s + 7200
            AND {_at("e").replace("occurred_at", "started_at")} + CAST(round(e.duration_minutes * 60) AS BIGINT) >= r.at_s - 900
        GROUP BY r.ticket_key
    )
    SELECT r.ticket_key, f.client_id, r.team_id, r.technician_id, r.at_s, r.left_s <= r.near_s AS is_exposed,
        a.acts IS NULL AND w.pieces IS NULL AS is_hit
    FROM replies AS r
    JOIN f_tickets AS f ON f.ticket_key = r.ticket_key
    LEFT JOIN acted AS a ON a.ticket_key = r.ticket_key
    LEFT JOIN worked AS w ON w.ticket_key = r.ticket_key
    WHERE {_POPULATION}"""

EDITED = f"""
    WITH done AS (
        SELECT r.ticket_key, r.client_id, r.team_id, r.technician_id, r.resolved_s, r.superseded_s, m.closed_s
        FROM f_resolutions AS r
        JOIN sign_months AS m ON m.from_s <= r.resolved_s AND r.resolved_s < m.to_s
        WHERE r.resolved_s >= {{from_s}} AND r.resolved_s < {{to_s}} AND m.closed_s <= {{as_of_s}}
            AND (r.superseded_s IS NULL OR r.superseded_s > m.closed_s)
    ),
    edits AS (
        SELECT d.ticket_key, d.resolved_s, min({_at("e")}) AS edited_s
        FROM done AS d
        JOIN ticket_events AS e ON e.ticket_key = d.ticket_key AND e.kind IN ('priority', 'category', 'team', 'assignment', 'merge')
        WHERE {_at("e")} >= d.closed_s AND {_at("e")} <= {{as_of_s}} AND (d.superseded_s IS NULL OR {_at("e")} < d.superseded_s)
        GROUP BY d.ticket_key, d.resolved_s
    )
    SELECT d.ticket_key, d.client_id, d.team_id, d.technician_id, coalesce(x.edited_s, d.resolved_s) AS at_s, TRUE AS is_exposed,
        x.edited_s IS NOT NULL AS is_hit
    FROM done AS d
    JOIN f_tickets AS f ON f.ticket_key = d.ticket_key
    LEFT JOIN edits AS x ON x.ticket_key = d.ticket_key AND x.resolved_s = d.resolved_s
    WHERE {_POPULATION}"""
