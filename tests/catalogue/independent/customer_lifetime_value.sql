-- cut:
-- grain: all
-- Half a year as a whole: monthly revenue per client × margin ÷ monthly churn; and × the area under the survival curve of tenures in months.
WITH span AS (SELECT DATE '2026-05-01' AS a, DATE '2026-11-01' AS b),
tenures AS (
    SELECT (least(as_of_s, coalesce(midnight(k.ended_on), as_of_s)) - midnight(k.started_on)) / (365.25 * 86400 / 12) AS lived,
        coalesce(k.ended_on < s.b, FALSE) AS ended, k.client_id
    FROM clients AS k, span AS s, (SELECT least(as_of(), midnight(b)) AS as_of_s FROM span) AS n WHERE k.started_on < s.b
),
paying AS (
    SELECT a.client_id, sum(euro(a.monthly_amount, a.currency, s.b - 1))::DOUBLE AS monthly
    FROM agreements AS a, span AS s WHERE in_force(a.starts_on, a.ends_on, s.b) GROUP BY ALL
),
known AS (
    SELECT count(*) FILTER (coalesce(k.started_on < s.b, TRUE) OR k.client_id IN (SELECT client_id FROM paying)) AS n,
        count(*) FILTER (coalesce(k.started_on < s.a, TRUE) AND (k.ended_on IS NULL OR k.ended_on >= s.a)) AS base,
        count(*) FILTER (coalesce(k.started_on < s.a, TRUE) AND k.ended_on >= s.a AND k.ended_on < s.b) AS lost
    FROM clients AS k, span AS s
),
books AS (
    SELECT (SELECT sum(amount)::DOUBLE FROM income WHERE month BETWEEN '2026-05' AND '2026-10') AS revenue,
        (SELECT sum(amount)::DOUBLE FROM spending WHERE month BETWEEN '2026-05' AND '2026-10' AND kind <> 'overhead') AS cogs
),
worth AS (SELECT (SELECT avg(monthly) FROM paying) * (1 - cogs / revenue) AS monthly FROM books),
steps AS (
    SELECT x.lived, count(*) AS there, (SELECT count(*) FROM tenures AS y WHERE y.ended AND y.lived = x.lived) AS gone
    FROM (SELECT DISTINCT lived FROM tenures WHERE lived > 0) AS x JOIN tenures AS z ON z.lived >= x.lived GROUP BY x.lived
),
curve AS (SELECT lived, product(1 - gone::DOUBLE / there) OVER (ORDER BY lived) AS share, lead(lived) OVER (ORDER BY lived) AS next_lived FROM steps),
area AS (SELECT (SELECT min(lived) FROM curve) + sum(share * (next_lived - lived)) AS months FROM curve WHERE next_lived IS NOT NULL)
SELECT (SELECT n FROM known) AS n, monthly / ((SELECT lost / base FROM known)::DOUBLE / 6) AS formula, monthly * months AS survival
FROM worth, area
