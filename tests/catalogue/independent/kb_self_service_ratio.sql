-- Who is not known is one visitor per session.
WITH looked AS (
    SELECT month_of(at_s(occurred_at)) AS month, k.client_id AS client, count(DISTINCT coalesce(v.contact_id, v.session)) AS visitors
    FROM article_events AS v LEFT JOIN contacts AS k ON k.contact_id = v.contact_id WHERE at_s(occurred_at) <= as_of() GROUP BY ALL
),
asked_for AS (SELECT month_of(c) AS month, client_id AS client, count(DISTINCT contact_id) AS people FROM t WHERE NOT is_out GROUP BY ALL)
SELECT month, client, people AS n, coalesce(visitors, 0)::DOUBLE / nullif(people, 0) AS ratio FROM asked_for LEFT JOIN looked USING (month, client)
