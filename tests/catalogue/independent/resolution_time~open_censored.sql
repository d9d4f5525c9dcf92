-- Kaplan–Meier in business hours: at each time at which tickets end, the share left is multiplied by 1 − ended ÷ still there.
WITH lives AS (
    SELECT month_of(t.c) AS month, t.client_id AS client, r.s IS NOT NULL AS is_over,
        business_s(t.ticket_id, t.c, coalesce(r.s, CASE WHEN p.value = 'cancelled' THEN p.from_s END, as_of())) AS lived
    FROM t JOIN held AS p ON p.ticket_id = t.ticket_id AND p.what = 'phase' AND p.to_s = 9000000000
    LEFT JOIN resolved AS r ON r.ticket_id = t.ticket_id WHERE NOT is_out
),
times AS (SELECT DISTINCT month, client, lived FROM lives WHERE is_over),
steps AS (
    SELECT x.month, x.client, x.lived, count(*) AS there, count(*) FILTER (l.is_over AND l.lived = x.lived) AS ended
    FROM times AS x JOIN lives AS l ON l.month = x.month AND l.client = x.client AND l.lived >= x.lived GROUP BY ALL
),
curve AS (SELECT *, product(1 - ended::DOUBLE / there) OVER (PARTITION BY month, client ORDER BY lived) AS share FROM steps)
SELECT month, client, count(*) AS n,
    (SELECT min(k.lived) FROM curve AS k WHERE k.month = l.month AND k.client = l.client AND k.share <= 0.5 + 1e-12) AS median
FROM lives AS l GROUP BY ALL
