-- Small look-up tables that every fact shares: phases by number, statuses with their phase, teams, human actors and whose team they were in.
-- Reads f_spells.
CREATE OR REPLACE TEMP TABLE phase_words (code UTINYINT, phase VARCHAR);
INSERT INTO phase_words VALUES
    (1, 'new'), (2, 'active'), (3, 'waiting_requester'), (4, 'waiting_vendor'), (5, 'scheduled'),
    (6, 'resolved'), (7, 'closed'), (8, 'cancelled');

-- A status is a word of ticket_statuses, else the name of a phase.
CREATE OR REPLACE TEMP TABLE status_phases AS
SELECT s.status AS status, p.code AS code
FROM ticket_statuses AS s JOIN phase_words AS p ON p.phase = s.phase
UNION ALL
SELECT p.phase AS status, p.code AS code
FROM phase_words AS p WHERE p.phase NOT IN (SELECT s.status FROM ticket_statuses AS s);

CREATE OR REPLACE TEMP TABLE team_words AS
SELECT team_id, organisation, tier FROM teams;

CREATE OR REPLACE TEMP TABLE human_actors AS
SELECT DISTINCT technician_id AS actor_id FROM technicians;

-- The team that a technician was in, and when (disjoint); at a vendor's he is no technician of the service side.
CREATE OR REPLACE TEMP TABLE actor_spells AS
SELECT s.technician_id AS actor_id, s.from_s, s.to_s, w.team_id, w.organisation, w.tier
FROM f_spells AS s JOIN teams AS w ON w.team_id = s.team_id;
CREATE OR REPLACE TEMP VIEW vendor_spells AS
SELECT actor_id, from_s, to_s FROM actor_spells WHERE organisation = 'vendor';

-- The words of a text in small letters, in their order: two letters or more, without whatever has a digit in it; empty where there are none.
CREATE OR REPLACE TEMP MACRO plain_words(text) AS regexp_extract_all(
    regexp_replace(lower(coalesce(text, '')), '[\p{L}\p{Nl}\p{No}]*\p{Nd}[\p{L}\p{N}_]*', ' ', 'g'), '[\p{L}\p{Nl}\p{No}]{2,}');
