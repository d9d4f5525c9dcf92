-- Work: one row per time entry, and one per resolution of a ticket that has only a total of minutes. Built whole. Writes f_work.
-- The team is the technician's at that time (f_spells). Work on a ticket or a project is for the client of that; where an entry names
-- another, that is a defect.
CREATE OR REPLACE TABLE f_work AS
WITH entered AS (
    SELECT
        e.entry_id, e.technician_id, CAST(epoch_us(e.started_at) // 1000000 AS BIGINT) AS started_s,
        CAST(round(e.duration_minutes * 60) AS BIGINT) AS worked_s, CAST(NULL AS BIGINT) AS superseded_s,
        coalesce(t.client_id, p.client_id, e.client_id) AS client_id, e.project_id,
        coalesce(e.is_billable, FALSE) AS is_billable, e.work_type, coalesce(e.on_site, FALSE) AS on_site, t.ticket_key
    FROM time_entries AS e
    LEFT JOIN f_tickets AS t ON t.ticket_id = e.ticket_id
    LEFT JOIN projects AS p ON p.project_id = e.project_id
    UNION ALL
    SELECT
        'total of ' || t.ticket_id, r.technician_id, r.resolved_s, CAST(round(t.worked_minutes * 60) AS BIGINT), r.superseded_s,
        t.client_id, NULL, FALSE, NULL, coalesce(t.on_site, FALSE), t.ticket_key
    FROM f_tickets AS t JOIN f_resolutions AS r ON r.ticket_key = t.ticket_key
    WHERE t.worked_minutes IS NOT NULL AND t.ticket_id NOT IN (SELECT ticket_id FROM time_entries WHERE ticket_id IS NOT NULL)
)
SELECT
    e.*,
    t.type, t.channel, t.created_s, t.priority, t.category, t.offering_id, t.excluded_as, t.excluded_s,
    s.team_id, w.organisation, w.tier, CAST(h.cost_rate AS DECIMAL(18, 4)) AS cost_rate
FROM entered AS e
LEFT JOIN f_tickets AS t ON t.ticket_key = e.ticket_key
LEFT JOIN technicians AS h ON h.technician_id = e.technician_id
LEFT JOIN f_spells AS s ON s.technician_id = e.technician_id AND s.from_s <= e.started_s AND e.started_s < s.to_s
LEFT JOIN teams AS w ON w.team_id = s.team_id;

DELETE FROM _defects WHERE detail = 'time_entries.client_id';
INSERT INTO _defects BY NAME
SELECT t.ticket_key, t.ticket_id, 'another_client' AS kind, 'time_entries.client_id' AS detail, e.client_id AS column_value
FROM time_entries AS e JOIN f_tickets AS t ON t.ticket_id = e.ticket_id WHERE e.client_id <> t.client_id;
