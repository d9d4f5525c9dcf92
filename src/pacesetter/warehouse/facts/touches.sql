-- Who touched a ticket before each of its resolutions, and what the record says about it. Reads chunk_resolutions, ordered_moments, ev and
-- chunk_intervals. Writes chunk_resolved (chunk_resolutions with what follows) and chunk_article_uses.
CREATE OR REPLACE TEMP TABLE resolution_seqs AS
SELECT ticket_key, at_s AS resolved_s, max(seq) AS seq FROM ordered_moments WHERE is_resolution GROUP BY ticket_key, at_s;

CREATE OR REPLACE TEMP TABLE touches_before AS
WITH steps AS (
    SELECT
        ticket_key, seq, kind, actor_kind, is_public, is_told,
        kind = 'assignment' AND to_value <> coalesce(
            last_value(CASE WHEN kind = 'assignment' THEN to_value END IGNORE NULLS) OVER (
                PARTITION BY ticket_key ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            CASE WHEN kind = 'assignment' THEN from_value END, to_value) AS is_reassignment
    FROM ev WHERE kind <> 'created'
)
SELECT
    r.ticket_key, r.resolved_s,
    count(CASE WHEN s.kind = 'reply' AND s.actor_kind = 'technician' AND s.is_public THEN 1 END) AS replies,
    count(CASE WHEN s.is_reassignment THEN 1 END) AS reassignments,
    count(CASE WHEN s.actor_kind IN ('technician', 'vendor') THEN 1 END) AS human_touches,
    count(s.actor_kind) AS known_acts,
    count(CASE WHEN s.is_told THEN 1 END) AS acts
FROM resolution_seqs AS r JOIN steps AS s ON s.ticket_key = r.ticket_key AND s.seq <= r.seq
GROUP BY r.ticket_key, r.resolved_s;

-- The organisations that held the ticket while it was worked on.
CREATE OR REPLACE TEMP TABLE holders_before AS
SELECT
    r.ticket_key, r.resolved_s,
    coalesce(bool_or(i.organisation = 'msp'), FALSE) AS by_msp,
    coalesce(bool_or(i.organisation = 'client'), FALSE) AS by_client
FROM resolution_seqs AS r
JOIN chunk_intervals AS i ON i.ticket_key = r.ticket_key AND i.start_s <= r.resolved_s AND (i.phase_code <= 5 OR i.start_s = r.resolved_s)
GROUP BY r.ticket_key, r.resolved_s;

CREATE OR REPLACE TEMP VIEW chunk_resolved AS
SELECT
    r.*,
    CAST(coalesce(s.replies, 0) AS BIGINT) AS technician_replies,
    CAST(coalesce(s.reassignments, 0) AS BIGINT) AS reassignments,
    coalesce(s.human_touches, 0) > 0 OR coalesce(t.opened_by = 'technician', FALSE)
        OR (coalesce(s.acts, 0) = 0 AND r.technician_id IS NOT NULL) AS was_touched,
    -- Whether the record says who acted; where nothing at all happened, a robot that opened it is taken to have done it.
    coalesce(s.known_acts, 0) > 0 OR (coalesce(s.acts, 0) = 0 AND coalesce(t.opened_by = 'automation', FALSE)) AS are_actors_known,
    CASE WHEN h.by_msp AND h.by_client THEN 'both' WHEN h.by_msp THEN 'msp' WHEN h.by_client THEN 'client' END AS handled_by,
    unfit_type.word IS NULL AND unfit_category.word IS NULL AS fits_first_contact,
    coalesce(length(n.note) >= w.usable_note_length AND empty_note.word IS NULL, FALSE) AS has_usable_note
FROM chunk_resolutions AS r
JOIN tk AS t ON t.ticket_key = r.ticket_key
CROSS JOIN note_rules AS w
JOIN (SELECT ticket_key, trim(resolution_note, ' ' || chr(9) || chr(10) || chr(13)) AS note FROM tk) AS n ON n.ticket_key = r.ticket_key
LEFT JOIN touches_before AS s ON s.ticket_key = r.ticket_key AND s.resolved_s = r.resolved_s
LEFT JOIN holders_before AS h ON h.ticket_key = r.ticket_key AND h.resolved_s = r.resolved_s
LEFT JOIN rule_words AS unfit_type ON unfit_type.kind = 'type' AND unfit_type.word = t.type
LEFT JOIN rule_words AS unfit_category ON unfit_category.kind = 'category' AND unfit_category.word = r.category
LEFT JOIN rule_words AS empty_note ON empty_note.kind = 'note' AND empty_note.word = lower(n.note);

CREATE OR REPLACE TEMP VIEW chunk_article_uses AS
SELECT ticket_key, to_value AS article_id, min(at_s) AS used_s
FROM ev WHERE kind = 'article' AND to_value IS NOT NULL GROUP BY ticket_key, to_value;
