WITH reading AS (
    SELECT session, min(at_s(occurred_at)) AS s, min(contact_id) AS contact_id FROM article_events
    WHERE kind = 'view' AND session IS NOT NULL AND at_s(occurred_at) <= as_of() GROUP BY session
)
SELECT month_of(r.s) AS month, k.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (NOT EXISTS (
    SELECT 1 FROM t WHERE t.contact_id = r.contact_id AND NOT t.is_out AND t.c >= r.s AND t.c < r.s + 86400)) / count(*) AS share
FROM reading AS r LEFT JOIN contacts AS k ON k.contact_id = r.contact_id GROUP BY ALL
