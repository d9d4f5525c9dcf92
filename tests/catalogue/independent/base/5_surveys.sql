-- Surveys with their client; those about a ticket that is out, or an alert, do not count.
CREATE TABLE polls AS
WITH said AS (
    SELECT * EXCLUDE (score), CASE WHEN score BETWEEN 0 AND coalesce(CASE kind WHEN 'nps' THEN 10 END, scale_max, 5) THEN score END AS score FROM surveys
)
SELECT v.survey_id, v.kind, v.score, coalesce(k.client_id, v.client_id) AS client_id, t.c, at_s(v.sent_at) AS sent_s,
    CASE WHEN v.score IS NOT NULL AND at_s(v.answered_at) <= as_of() THEN at_s(v.answered_at) END AS answered_s,
    coalesce(v.scale_max, CASE v.kind WHEN 'nps' THEN 10 ELSE 5 END) AS best
FROM said AS v LEFT JOIN tickets AS k ON k.ticket_id = v.ticket_id LEFT JOIN t ON t.ticket_id = v.ticket_id
WHERE NOT coalesce(t.is_out, FALSE) AND NOT coalesce(t.is_alert, FALSE) AND at_s(v.sent_at) <= as_of();
