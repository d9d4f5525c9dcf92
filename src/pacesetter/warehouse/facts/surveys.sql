-- One row per survey, with the ticket that it is about, for whose client it counts; where it names another, that is a defect. Writes
-- f_surveys (built whole: surveys are few). A score outside of its scale is none, and a defect.
CREATE OR REPLACE TABLE f_surveys AS
SELECT
    s.survey_id, s.kind,
    coalesce(t.client_id, s.client_id) AS client_id,
    coalesce(s.contact_id, t.contact_id) AS contact_id,
    CAST(epoch_us(s.sent_at) // 1000000 AS BIGINT) AS sent_s,
    CASE WHEN s.score IS NOT NULL THEN CAST(epoch_us(s.answered_at) // 1000000 AS BIGINT) END AS answered_s,
    s.score, s.scale_max,
    t.ticket_key, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    t.team_id, t.organisation, t.tier, t.technician_id, t.priority, t.category
FROM (
    SELECT * REPLACE (CASE WHEN score >= 0 AND score <= best THEN score END AS score, best AS scale_max) FROM (
        SELECT *, CASE WHEN kind = 'nps' THEN 10 ELSE coalesce(scale_max, 5) END AS best FROM surveys)
) AS s LEFT JOIN f_tickets AS t ON t.ticket_id = s.ticket_id;

DELETE FROM _defects WHERE detail = 'surveys.client_id';
INSERT INTO _defects BY NAME
SELECT t.ticket_key, t.ticket_id, 'another_client' AS kind, 'surveys.client_id' AS detail, s.client_id AS column_value
FROM surveys AS s JOIN f_tickets AS t ON t.ticket_id = s.ticket_id WHERE s.client_id <> t.client_id;

DELETE FROM _defects WHERE kind = 'outside_of_scale';
INSERT INTO _defects BY NAME
SELECT t.ticket_key, coalesce(s.ticket_id, 'no ticket') AS ticket_id, 'outside_of_scale' AS kind, 'surveys.score' AS detail,
    s.survey_id || ': ' || CAST(s.score AS VARCHAR) AS column_value
FROM surveys AS s LEFT JOIN f_tickets AS t ON t.ticket_id = s.ticket_id
WHERE s.score < 0 OR s.score > CASE WHEN s.kind = 'nps' THEN 10 ELSE coalesce(s.scale_max, 5) END;
