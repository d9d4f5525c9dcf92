-- What is patching is read off category (at the moment that judges) and subcategory, in any spelling of capitals.
SELECT month_of(j.s) AS month, j.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (outcome = 'met') / count(*) AS share
FROM judged AS j JOIN t USING (ticket_id) WHERE j.clock = 'resolve' AND (lower(was(j.ticket_id, 'category', j.s)) IN ('patch', 'patches', 'patching',
    'patch deployment', 'patch management', 'updates') OR lower(t.subcategory) IN ('patch', 'patches', 'patching', 'patch deployment', 'patch management', 'updates'))
GROUP BY ALL
