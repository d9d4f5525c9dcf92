-- cut: article
WITH votes AS (
    SELECT month_of(at_s(occurred_at)) AS month, article_id AS article, count(*) AS n, 100.0 * count(*) FILTER (kind = 'helpful') / count(*) AS share
    FROM article_events WHERE kind IN ('helpful', 'not_helpful') AND at_s(occurred_at) <= as_of() GROUP BY ALL
),
used AS (SELECT DISTINCT ticket_id, to_value AS article FROM e WHERE kind = 'article' AND to_value IS NOT NULL),
again AS (
    SELECT month_of(r.s) AS month, u.article, 100.0 * count(*) FILTER (t.ticket_id IN (SELECT ticket_id FROM reopenings)) / count(*) AS reopen_rate
    FROM used AS u JOIN resolved AS r USING (ticket_id) JOIN t USING (ticket_id) WHERE NOT is_out GROUP BY ALL
)
SELECT month, article, coalesce(n, 0) AS n, share, reopen_rate FROM votes FULL JOIN again USING (month, article)
