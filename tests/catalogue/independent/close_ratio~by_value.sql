SELECT strftime(decided_on, '%Y-%m') AS month, client_id AS client,
    100.0 * coalesce(sum(euro(amount, currency, decided_on)) FILTER (outcome = 'won'), 0)::DOUBLE / nullif(sum(euro(amount, currency, decided_on))::DOUBLE, 0) AS ratio
FROM opportunities WHERE midnight(decided_on) <= as_of() AND outcome IS NOT NULL GROUP BY ALL
