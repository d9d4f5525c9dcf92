-- cut: client, holder
SELECT month_of(j.due_s) AS month, j.client_id AS client, x.holder, count(DISTINCT (j.ticket_id, j.clock, j.start_s)) AS n,
    sum(business_s(j.ticket_id, greatest(x.from_s, j.start_s), least(x.to_s, j.due_s))) / count(DISTINCT (j.ticket_id, j.clock, j.start_s)) AS mean
FROM judged AS j JOIN stretches AS x ON x.ticket_id = j.ticket_id AND x.from_s < j.due_s AND x.to_s > j.start_s
WHERE j.outcome = 'broken' GROUP BY ALL
