-- What the business tables provide, beside provides.sql: rows by table, and the columns that a KPI cannot do without.
INSERT INTO _provides
SELECT 'rows', name, n FROM (
    SELECT 'agreements' AS name, count(*) AS n FROM agreements
    UNION ALL SELECT 'invoice_lines', count(*) FROM invoice_lines
    UNION ALL SELECT 'costs', count(*) FROM costs
    UNION ALL SELECT 'support_costs', count(*) FROM costs WHERE is_support
    UNION ALL SELECT 'clients', count(*) FROM clients
    UNION ALL SELECT 'technicians', count(*) FROM technicians
    UNION ALL SELECT 'cost_rates', count(cost_rate) FROM technicians
    UNION ALL SELECT 'time_entries', count(*) FROM time_entries
    UNION ALL SELECT 'work', count(*) FROM f_work
    UNION ALL SELECT 'client_work', count(*) FROM f_work WHERE client_id IS NOT NULL
    UNION ALL SELECT 'shifts', count(*) FROM f_shifts
    UNION ALL SELECT 'trainings', count(*) FROM trainings
    UNION ALL SELECT 'improvements', count(*) FROM improvements
    UNION ALL SELECT 'decisions', count(decision) FROM improvements
    UNION ALL SELECT 'tool_uses', count(*) FROM tool_uses
    UNION ALL SELECT 'opportunities', count(*) FROM opportunities
    UNION ALL SELECT 'services', count(*) FROM services
    UNION ALL SELECT 'outages', count(*) FROM outages
    UNION ALL SELECT 'promised_projects', count(promised_on) FROM projects
    UNION ALL SELECT 'budgeted_projects', count(CASE WHEN actual_cost IS NOT NULL THEN budget END) FROM projects
    UNION ALL SELECT 'article_views', count(*) FROM article_events WHERE kind IN ('view', 'search')
    UNION ALL SELECT 'sessions', count(session) FROM article_events WHERE kind = 'view'
    UNION ALL SELECT 'votes', count(*) FROM article_events WHERE kind IN ('helpful', 'not_helpful')
    UNION ALL SELECT 'visits', count(on_site) FROM time_entries
    UNION ALL SELECT 'started_clients', count(started_on) FROM clients
    UNION ALL SELECT 'actors', count(*) FROM ticket_events
        WHERE actor_kind IS NOT NULL OR actor_id IN (SELECT technician_id FROM technicians)
    UNION ALL SELECT 'organisations', count(DISTINCT organisation) FROM teams);
