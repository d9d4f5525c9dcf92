-- Every moment of a ticket that a KPI may count from or to. Writes moment_list.
CREATE OR REPLACE TEMP TABLE moment_list AS
SELECT ticket_key, 'moment' AS kind, seq, at_s FROM moments WHERE is_resolution OR is_closure
UNION ALL
SELECT ticket_key, 'response', 0, responded_s FROM first_responses WHERE responded_s IS NOT NULL
UNION ALL
SELECT ticket_key, 'any_reply', 0, any_reply_s FROM first_responses WHERE any_reply_s IS NOT NULL
UNION ALL
SELECT ticket_key, 'escalation', seq, at_s FROM escalation_steps
UNION ALL
SELECT a.ticket_key, 'action', a.seq, e.at_s
FROM escalation_actions AS a JOIN ev AS e ON e.ticket_key = a.ticket_key AND e.seq = a.action_seq;
