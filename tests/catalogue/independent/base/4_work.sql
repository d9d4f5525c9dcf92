-- Time worked: every entry; and the total of a resolved ticket that has no entry. The team is the technician's on that day.
CREATE TABLE worked AS
SELECT w.entry_id, w.technician_id, at_s(w.started_at) AS s, CAST(round(w.duration_minutes * 60) AS BIGINT) AS seconds, w.ticket_id,
    coalesce(k.client_id, p.client_id, w.client_id) AS client_id, coalesce(w.is_billable, FALSE) AS is_billable, coalesce(w.on_site, FALSE) AS on_site,
    t.offering_id, t.category, coalesce(t.is_out, FALSE) AS is_out
FROM time_entries AS w LEFT JOIN tickets AS k ON k.ticket_id = w.ticket_id LEFT JOIN projects AS p ON p.project_id = w.project_id
LEFT JOIN t ON t.ticket_id = w.ticket_id WHERE at_s(w.started_at) <= as_of()
UNION ALL
SELECT 'total ' || t.ticket_id, was(t.ticket_id, 'technician', r.s), r.s, CAST(round(t.worked_minutes * 60) AS BIGINT), t.ticket_id, t.client_id, FALSE,
    coalesce(t.on_site, FALSE), t.offering_id, t.category, t.is_out
FROM t JOIN resolved AS r USING (ticket_id)
WHERE t.worked_minutes IS NOT NULL AND t.ticket_id NOT IN (SELECT ticket_id FROM time_entries WHERE ticket_id IS NOT NULL);
