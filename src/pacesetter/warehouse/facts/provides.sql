-- What the loaded tables provide, so that a KPI can say what it lacks: events by kind, filled columns.
-- Of events, filled is the second of the first: as of an instant, later kinds are not there.
CREATE OR REPLACE TABLE _provides (source VARCHAR, name VARCHAR, filled BIGINT);
INSERT INTO _provides SELECT 'event', kind, epoch_us(min(occurred_at)) // 1000000 FROM ticket_events GROUP BY kind;
INSERT INTO _provides SELECT 'surveys', kind, count(*) FROM surveys GROUP BY kind;
INSERT INTO _provides
UNPIVOT (SELECT 'tickets' AS source, count(COLUMNS(* EXCLUDE (ticket_key))) FROM tickets)
ON COLUMNS(* EXCLUDE (source)) INTO NAME name VALUE filled;
INSERT INTO _provides SELECT 'teams', 'tier', count(tier) FROM teams;
INSERT INTO _provides SELECT 'sla_targets', clock, count(*) FROM sla_targets GROUP BY clock;
INSERT INTO _provides SELECT 'span', 'first_created_s', min(created_s) FROM f_tickets;
INSERT INTO _provides SELECT 'span', 'last_change_s', max(start_s) FROM f_intervals;
INSERT INTO _provides SELECT 'span', 'last_created_s', max(created_s) FROM f_tickets;
INSERT INTO _provides SELECT 'calendars', 'known', count(calendar_key) FROM f_tickets;
INSERT INTO _provides SELECT 'calendars', 'not_known', count(*) - count(calendar_key) FROM f_tickets;
CREATE OR REPLACE TABLE _provides_by_source (of_source VARCHAR, source VARCHAR, name VARCHAR, filled BIGINT);
CREATE OR REPLACE TABLE _sources_of (client_id VARCHAR, of_source VARCHAR, first_created_s BIGINT);
