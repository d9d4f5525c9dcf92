-- Amounts in euro at the rate in force on the day: that of the last day with a rate, none before the first.
CREATE MACRO euro(amount, currency_, on_) AS CASE WHEN coalesce(currency_, 'EUR') = 'EUR' THEN CAST(amount AS DECIMAL(28, 8)) ELSE CAST(amount * (
    SELECT arg_max(CAST(rate AS DECIMAL(20, 10)), day) FROM exchange_rates WHERE currency = currency_ AND day <= on_) AS DECIMAL(28, 8)) END;
CREATE TABLE income AS
SELECT strftime(invoiced_on, '%Y-%m') AS month, client_id, offering_id, is_recurring, euro(amount, currency, invoiced_on) AS amount
FROM invoice_lines WHERE midnight(invoiced_on) <= as_of();
CREATE TABLE spending AS
SELECT cost_id, strftime(incurred_on, '%Y-%m') AS month, client_id, offering_id, kind, coalesce(is_support, FALSE) AS is_support,
    euro(amount, currency, incurred_on) AS amount
FROM costs WHERE midnight(incurred_on) <= as_of();
-- Shared costs by hours of work within the month: what has an offering over that offering's hours, the rest over all.
CREATE TABLE month_hours AS
SELECT month_of(s) AS month, client_id, offering_id, sum(seconds)::DOUBLE AS seconds FROM worked WHERE client_id IS NOT NULL AND NOT is_out GROUP BY ALL;
CREATE TABLE placed AS
SELECT month, client_id, offering_id, kind, amount::DOUBLE AS amount FROM spending WHERE client_id IS NOT NULL
UNION ALL
SELECT x.month, h.client_id, x.offering_id, x.kind, x.amount::DOUBLE * coalesce(h.seconds / w.seconds, 1)
FROM spending AS x LEFT JOIN month_hours AS h ON h.month = x.month AND h.offering_id = x.offering_id
LEFT JOIN (SELECT month, offering_id, sum(seconds) AS seconds FROM month_hours GROUP BY ALL) AS w ON w.month = h.month AND w.offering_id = h.offering_id
WHERE x.client_id IS NULL AND x.offering_id IS NOT NULL
UNION ALL
SELECT x.month, h.client_id, h.offering_id, x.kind, x.amount::DOUBLE * coalesce(h.seconds / w.seconds, 1)
FROM spending AS x LEFT JOIN month_hours AS h ON h.month = x.month
LEFT JOIN (SELECT month, sum(seconds) AS seconds FROM month_hours GROUP BY ALL) AS w ON w.month = h.month
WHERE x.client_id IS NULL AND x.offering_id IS NULL;
-- What is in force when a month is over, and when it begins (what starts or ends on that very day counts as after it).
CREATE MACRO in_force(first, last, day) AS first < day AND (last IS NULL OR last >= day);
