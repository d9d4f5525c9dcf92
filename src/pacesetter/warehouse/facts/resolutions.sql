-- Moments with what was true at them. Writes chunk_resolutions and chunk_closures: one row per resolution (closure), valid until
-- superseded_s (the ticket is neither resolved nor closed any more, or the next of its kind).
CREATE OR REPLACE TEMP TABLE ordered_moments AS
SELECT
    *,
    min(CASE WHEN is_leaving OR is_resolution THEN at_s END) OVER later AS resolution_superseded_s,
    min(CASE WHEN is_leaving OR is_closure THEN at_s END) OVER later AS closure_superseded_s,
    max(CASE WHEN is_resolution THEN at_s END) OVER earlier AS undone_s,
    1 + count(CASE WHEN is_resolution THEN 1 END) OVER earlier AS nth_resolution
FROM moments
WINDOW
    later AS (PARTITION BY ticket_key ORDER BY seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
    earlier AS (PARTITION BY ticket_key ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);

CREATE OR REPLACE TEMP TABLE first_troubles AS
SELECT
    t.ticket_key,
    c.second_contact_seq,
    e.escalation_seq,
    a.article_s
FROM tk AS t
LEFT JOIN (
    SELECT e.ticket_key, min(e.seq) AS second_contact_seq
    FROM (
        SELECT e.ticket_key, e.seq, e.at_s,
            -- What a robot opened is no contact: the requester's first message is the first one.
            CASE WHEN k.opened_by = 'automation' THEN min(e.at_s) OVER (PARTITION BY e.ticket_key) ELSE k.created_s END AS contact_s
        FROM ev AS e JOIN tk AS k ON k.ticket_key = e.ticket_key
        WHERE e.kind = 'reply' AND e.actor_kind = 'requester'
    ) AS e CROSS JOIN rules AS r
    WHERE e.at_s > e.contact_s + r.contact_gap_s
    GROUP BY e.ticket_key
) AS c ON c.ticket_key = t.ticket_key
LEFT JOIN (SELECT ticket_key, min(seq) AS escalation_seq FROM escalation_steps GROUP BY ticket_key) AS e
    ON e.ticket_key = t.ticket_key
LEFT JOIN (SELECT ticket_key, min(at_s) AS article_s FROM ev WHERE kind = 'article' GROUP BY ticket_key) AS a
    ON a.ticket_key = t.ticket_key;

CREATE OR REPLACE TEMP TABLE counts_before AS
SELECT
    m.ticket_key, m.seq,
    count(h.seq) AS handoffs,
    count(CASE WHEN h.is_return THEN 1 END) AS returns
FROM ordered_moments AS m JOIN handoffs AS h ON h.ticket_key = m.ticket_key AND h.seq < m.seq
WHERE m.is_resolution GROUP BY m.ticket_key, m.seq;

CREATE OR REPLACE TEMP TABLE reopenings_before AS
SELECT
    m.ticket_key, m.seq,
    count(*) AS reopenings,
    bool_or(r.at_s - r.undone_s <= w.first_contact_window_s) AS in_window
FROM ordered_moments AS m
JOIN ordered_moments AS r ON r.ticket_key = m.ticket_key AND r.seq < m.seq AND r.is_reopening
CROSS JOIN rules AS w
WHERE m.is_resolution GROUP BY m.ticket_key, m.seq;

CREATE OR REPLACE TEMP TABLE chunk_resolutions AS
SELECT
    m.ticket_key,
    t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    m.at_s AS resolved_s,
    m.resolution_superseded_s AS superseded_s,
    m.nth_resolution AS nth,
    m.is_early,
    s.team_id, s.organisation, s.tier, s.technician_id, s.priority, s.category,
    s.has_calendar, s.calendar_s, s.business_s, s.sla_s,
    coalesce(f.second_contact_seq < m.seq, FALSE) AS had_second_contact,
    coalesce(f.escalation_seq < m.seq, FALSE) AS was_escalated,
    CAST(CASE WHEN k.has_team THEN coalesce(c.handoffs, 0) ELSE coalesce(k.reassignment_count, 0) END AS BIGINT) AS handoffs,
    CAST(coalesce(c.returns, 0) AS BIGINT) AS returns,
    coalesce(o.reopenings, 0) > 0 OR (NOT k.has_phase AND coalesce(k.reopen_count, 0) > 0) AS was_reopened,
    coalesce(o.in_window, NOT k.has_phase AND coalesce(k.reopen_count, 0) > 0) AS was_reopened_in_window,
    f.article_s,
    q.silence_calendar_s, q.silence_business_s
FROM ordered_moments AS m
JOIN chunk_tickets_out AS t ON t.ticket_key = m.ticket_key
JOIN chunk_silences AS q ON q.ticket_key = m.ticket_key AND q.seq = m.seq
JOIN tk AS k ON k.ticket_key = m.ticket_key
JOIN timed_moments AS s ON s.ticket_key = m.ticket_key AND s.kind = 'moment' AND s.seq = m.seq
LEFT JOIN first_troubles AS f ON f.ticket_key = m.ticket_key
LEFT JOIN counts_before AS c ON c.ticket_key = m.ticket_key AND c.seq = m.seq
LEFT JOIN reopenings_before AS o ON o.ticket_key = m.ticket_key AND o.seq = m.seq
WHERE m.is_resolution;

CREATE OR REPLACE TEMP VIEW chunk_closures AS
SELECT
    m.ticket_key,
    t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    m.at_s AS closed_s,
    m.closure_superseded_s AS superseded_s,
    m.is_early,
    s.team_id, s.organisation, s.tier, s.technician_id, s.priority, s.category,
    s.has_calendar, s.calendar_s, s.business_s, s.sla_s
FROM ordered_moments AS m
JOIN chunk_tickets_out AS t ON t.ticket_key = m.ticket_key
JOIN timed_moments AS s ON s.ticket_key = m.ticket_key AND s.kind = 'moment' AND s.seq = m.seq
WHERE m.is_closure;
