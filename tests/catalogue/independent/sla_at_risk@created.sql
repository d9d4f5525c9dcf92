-- Of the tickets created in the month, now: clocks that run and will run out within eight open hours; each ticket once.
SELECT month_of(t.c) AS month, t.client_id AS client, count(DISTINCT t.ticket_id) AS n, count(DISTINCT t.ticket_id) AS count
FROM clocks AS k JOIN t USING (ticket_id) JOIN held AS h ON h.ticket_id = t.ticket_id AND h.what = 'phase' AND h.to_s = 9000000000
WHERE NOT t.is_out AND k.outcome = 'running' AND (k.clock = 'respond' OR h.value IN ('new', 'active')) AND k.due_s >= as_of()
    AND open_s(k.calendar_id, k.due_s) - open_s(k.calendar_id, as_of()) <= 8 * 3600 GROUP BY ALL
