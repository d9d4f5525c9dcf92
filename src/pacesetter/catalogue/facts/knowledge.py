"""Facts about the knowledge base: visits to the help centre, sessions, votes, and the tickets on which articles were used."""

from pacesetter.catalogue.facts.record import COMMON, OUT, B, Fact, N, X

_AT = "CAST(epoch_us(v.occurred_at) // 1000000 AS BIGINT)"

FACTS = (
    Fact(
        name="visits",
        doc="everything that people did in the help centre, with who it was as far as known (else the session)",
        source=f"""
            SELECT v.event_id, {_AT} AS visited_s, v.kind, v.article_id, c.client_id, c.department, v.contact_id,
                coalesce(v.contact_id, v.session) AS visitor
            FROM article_events AS v LEFT JOIN contacts AS c ON c.contact_id = v.contact_id
            WHERE {_AT} <= :as_of""",
        anchors={"period": "visited_s"},
        columns={"event_id": X, "visited_s": N, "kind": X, "article_id": X, "client_id": X, "department": X, "contact_id": X,
                 "visitor": X},
        row_id="event_id",
    ),
    Fact(
        name="sessions",
        doc="every self-service session in which an article was read, with whether the reader opened a ticket within 24 hours",
        source=f"""
            WITH read AS (
                SELECT v.session, min({_AT}) AS read_s, min(v.contact_id) AS contact_id
                FROM article_events AS v WHERE v.kind = 'view' AND v.session IS NOT NULL AND {_AT} <= :as_of GROUP BY v.session),
            asked AS (
                SELECT DISTINCT r.session FROM read AS r JOIN f_tickets AS t ON t.contact_id = r.contact_id
                    AND t.created_s >= r.read_s AND t.created_s < r.read_s + 86400
                WHERE t.created_s <= :as_of AND t.excluded_as IS NULL)
            SELECT r.session, r.read_s, r.contact_id, c.client_id, c.department, a.session IS NULL AS was_deflected
            FROM read AS r LEFT JOIN contacts AS c ON c.contact_id = r.contact_id
            LEFT JOIN asked AS a ON a.session = r.session""",
        anchors={"session": "read_s"},
        columns={"session": X, "read_s": N, "client_id": X, "department": X, "contact_id": X, "was_deflected": B},
        row_id="session",
    ),
    Fact(
        name="article_uses",
        doc="each article used on a resolved ticket, with whether the ticket came back",
        source=f"""
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.resolved_s, f.team_id, f.organisation, f.tier,
                f.technician_id, f.priority, f.category, f.was_reopened, u.article_id, {OUT}
            FROM f_resolutions AS f JOIN f_article_uses AS u ON u.ticket_key = f.ticket_key
            WHERE f.resolved_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of) AND u.used_s <= :as_of""",
        anchors={"resolved": "resolved_s", "voted": "resolved_s", "created": "created_s"},
        columns={**COMMON, "resolved_s": N, "was_reopened": B, "article_id": X},
        shift_at="resolved_s",
    ),
)  # fmt: skip
