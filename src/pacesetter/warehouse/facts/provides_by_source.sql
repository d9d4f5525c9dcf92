-- What each source of tickets provides, and which clients have tickets of which since when, where tickets come from several: beside provides.sql,
-- for what only a ticket or its events can show. of_source is null for tickets that name no source.
INSERT INTO _sources_of SELECT client_id, source, min(created_s) FROM f_tickets GROUP BY ALL;
INSERT INTO _provides_by_source
SELECT t.source, 'event', e.kind, epoch_us(min(e.occurred_at)) // 1000000 FROM ticket_events AS e JOIN f_tickets AS t ON t.ticket_key = e.ticket_key GROUP BY ALL;
INSERT INTO _provides_by_source
SELECT t.source, 'rows', 'actors', count(*)
FROM ticket_events AS e JOIN f_tickets AS t ON t.ticket_key = e.ticket_key
WHERE e.actor_kind IS NOT NULL OR e.actor_id IN (SELECT technician_id FROM technicians)
GROUP BY ALL;
INSERT INTO _provides_by_source
SELECT t.source, 'rows', unnest(['work', 'visits']), unnest([count(*), count(e.on_site)])
FROM f_work AS w
JOIN f_tickets AS t ON t.ticket_key = w.ticket_key
LEFT JOIN time_entries AS e ON e.entry_id = w.entry_id
GROUP BY t.source;
INSERT INTO _provides_by_source
UNPIVOT (
    SELECT source AS of_source, 'tickets' AS source, count(COLUMNS(* EXCLUDE (ticket_key, source))) FROM tickets GROUP BY tickets.source
) ON COLUMNS(* EXCLUDE (of_source, source)) INTO NAME name VALUE filled;
