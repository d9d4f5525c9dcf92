"""What a data engineer would write by hand instead of the import and the facts: plain SQL in DuckDB, no validation.

It reads the Parquet files, types them, joins the keys, stores both tables sorted by ticket, and derives intervals, resolutions and
first responses with windows, in calendar hours. It knows no quarantine, no calendars, no SLA clocks, no columns that
stand in for events, and only the kinds of events that the benchmark's bundle has.
"""

IMPORT = """
CREATE TABLE tickets AS
SELECT row_number() OVER () AS ticket_key, * REPLACE (CAST(timezone('UTC', created_at) AS TIMESTAMP) AS created_at)
FROM (SELECT * FROM read_parquet('{bundle}/tickets/*.parquet') ORDER BY created_at, ticket_id);
CREATE TABLE ticket_events AS
SELECT k.ticket_key, e.* EXCLUDE (ticket_id) REPLACE (CAST(timezone('UTC', e.occurred_at) AS TIMESTAMP) AS occurred_at)
FROM read_parquet('{bundle}/ticket_events/*.parquet') AS e
JOIN (SELECT ticket_id, ticket_key FROM tickets) AS k ON k.ticket_id = e.ticket_id
ORDER BY k.ticket_key, e.occurred_at;
CHECKPOINT
"""

FACTS = """
SET preserve_insertion_order = false;
CREATE TABLE phases AS SELECT * FROM read_parquet('{bundle}/ticket_statuses.parquet');
CREATE TABLE intervals AS
WITH changes AS (
    SELECT ticket_key, occurred_at, event_id,
        CASE WHEN kind = 'created' THEN 'new' WHEN kind = 'status' THEN p.phase END AS phase,
        CASE WHEN kind = 'team' THEN to_value END AS team_id,
        CASE WHEN kind = 'assignment' THEN to_value END AS technician_id
    FROM ticket_events LEFT JOIN phases AS p ON p.status = to_value AND kind = 'status'
    WHERE kind IN ('created', 'status', 'team', 'assignment')
),
carried AS (
    SELECT ticket_key, occurred_at AS start_at,
        lead(occurred_at) OVER steps AS end_at,
        last_value(phase IGNORE NULLS) OVER sofar AS phase,
        last_value(team_id IGNORE NULLS) OVER sofar AS team_id,
        last_value(technician_id IGNORE NULLS) OVER sofar AS technician_id
    FROM changes
    WINDOW steps AS (PARTITION BY ticket_key ORDER BY occurred_at, event_id),
        sofar AS (PARTITION BY ticket_key ORDER BY occurred_at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT * FROM carried WHERE end_at IS NULL OR end_at > start_at;
CREATE TABLE resolutions AS
WITH steps AS (
    SELECT ticket_key, start_at, phase, team_id, technician_id,
        lag(phase) OVER (PARTITION BY ticket_key ORDER BY start_at) AS phase_before
    FROM intervals
),
marked AS (
    SELECT *,
        min(CASE WHEN phase_before = 'resolved' AND phase <> 'closed' THEN start_at END) OVER (
            PARTITION BY ticket_key ORDER BY start_at ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS undone_at,
        count(CASE WHEN phase_before = 'resolved' AND phase <> 'closed' THEN 1 END) OVER (
            PARTITION BY ticket_key ORDER BY start_at) AS reopenings
    FROM steps WHERE phase IS DISTINCT FROM phase_before
)
SELECT m.ticket_key, t.client_id, t.type, m.start_at AS resolved_at, m.undone_at, m.reopenings, m.team_id, m.technician_id,
    epoch(m.start_at - t.created_at) AS resolved_after_s
FROM marked AS m JOIN tickets AS t ON t.ticket_key = m.ticket_key WHERE m.phase = 'resolved';
CREATE TABLE responses AS
SELECT e.ticket_key, t.client_id, t.type, e.responded_at, epoch(e.responded_at - t.created_at) AS responded_after_s
FROM (
    SELECT ticket_key, min(occurred_at) AS responded_at FROM ticket_events
    WHERE kind = 'reply' AND actor_kind = 'technician' AND coalesce(is_public, TRUE) GROUP BY ticket_key
) AS e JOIN tickets AS t ON t.ticket_key = e.ticket_key;
CHECKPOINT
"""
