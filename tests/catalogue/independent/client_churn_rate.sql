-- Clients that were there the day before the month begins; lost: left before it is over.
SELECT m.month, k.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (k.ended_on < m.next_day) / count(*) AS share
FROM months AS m JOIN clients AS k ON (k.started_on IS NULL OR k.started_on < m.first_day) AND (k.ended_on IS NULL OR k.ended_on >= m.first_day)
GROUP BY ALL
