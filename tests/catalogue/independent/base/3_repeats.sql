-- Pairs of incidents of one client and category (as it is now), with the same requester or asset, the first resolved in the 30 days before.
CREATE TABLE repeats AS
WITH incidents AS (SELECT t.*, h.value AS category_now FROM t JOIN held AS h ON h.ticket_id = t.ticket_id AND h.what = 'category' AND h.to_s = 9000000000
    WHERE t.type = 'incident')
SELECT two.ticket_id, one.ticket_id AS before_id, two.is_out
FROM incidents AS two JOIN incidents AS one ON one.client_id = two.client_id AND one.category_now = two.category_now AND one.ticket_id <> two.ticket_id
JOIN resolved AS r ON r.ticket_id = one.ticket_id AND r.s <= two.c AND r.s > two.c - 30 * 86400
WHERE NOT one.is_out AND (one.contact_id = two.contact_id OR one.asset = two.asset);
