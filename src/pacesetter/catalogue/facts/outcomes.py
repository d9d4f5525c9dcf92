"""Facts about what became of tickets: incidents that came again, resolutions that did not hold, work without people, visits."""

from pacesetter.catalogue.facts.record import COMMON, OUT, B, Fact, N, X

_NOW = """
    SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.contact_id, f.asset, i.team_id, i.organisation, i.tier,
        i.technician_id, i.priority, i.category, CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as END AS out_as
    FROM f_tickets AS f JOIN f_intervals AS i ON i.ticket_key = f.ticket_key
    WHERE i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > :as_of) AND f.type = 'incident'"""
_SOLVED = """
    SELECT n.ticket_key, n.client_id, n.contact_id, n.asset, n.category, r.resolved_s
    FROM f_resolutions AS r JOIN incidents AS n ON n.ticket_key = r.ticket_key
    WHERE r.resolved_s <= :as_of AND (r.superseded_s IS NULL OR r.superseded_s > :as_of) AND n.out_as IS NULL"""
_SAME = """a.client_id = b.client_id AND a.category = b.category AND a.ticket_key <> b.ticket_key
    AND b.resolved_s <= a.created_s AND b.resolved_s > a.created_s - :repeat_s"""
_PAIRS = f"""
    SELECT a.ticket_key, b.ticket_key AS before_key, a.out_as
    FROM incidents AS a JOIN solved AS b ON {_SAME} AND a.contact_id = b.contact_id
    UNION ALL
    SELECT a.ticket_key, b.ticket_key, a.out_as FROM incidents AS a JOIN solved AS b ON {_SAME} AND a.asset = b.asset"""
_WITH = f"WITH incidents AS ({_NOW}), solved AS ({_SOLVED}), pairs AS ({_PAIRS})"
_FINAL = "f.resolved_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)"

_WORKED = """
    SELECT ticket_key, CAST(sum(worked_s) AS BIGINT) AS worked_s FROM f_work
    WHERE started_s <= :as_of AND ticket_key IS NOT NULL AND (superseded_s IS NULL OR superseded_s > :as_of) GROUP BY ticket_key"""

_FIELDS = {
    "category": "f.category", "priority": "f.priority", "team": "f.team_id", "technician": "f.technician_id", "type": "f.type",
    "channel": "f.channel", "contact": "k.contact_id", "site": "k.site_id", "offering": "k.offering_id", "asset": "k.asset",
    "subcategory": "k.subcategory", "impact": "k.impact", "urgency": "k.urgency", "resolution_code": "k.resolution_code",
    "resolution_note": "k.resolution_note", "root_cause": "k.root_cause", "fix": "k.fix",
    "time": "CASE WHEN w.ticket_key IS NOT NULL OR k.worked_minutes IS NOT NULL THEN 1 END",
}  # fmt: skip
"""A field that a workspace may require (``rules.required_fields``), and where it stands; the state is that of the closure."""
_FILLED = " + ".join(
    f"CASE WHEN contains(:required, ',{name},') AND {column} IS NOT NULL THEN 1 ELSE 0 END"
    for name, column in _FIELDS.items()
)
_REQUIRED = " + ".join(f"CASE WHEN contains(:required, ',{name},') THEN 1 ELSE 0 END" for name in _FIELDS)

_BY_HAND = "f.was_touched OR (w.ticket_key IS NOT NULL AND (w.worked_s > 0 OR k.worked_minutes IS DISTINCT FROM 0))"
_OUT_IF_UNKNOWN = f"""
    CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as
         WHEN NOT ({_BY_HAND} OR f.are_actors_known) THEN 'unknown_actor' END AS out_as"""


def _efforts(out: str) -> str:
    return f"""
        WITH worked AS ({_WORKED}),
        visits AS (
            SELECT DISTINCT ticket_key FROM f_work WHERE on_site AND started_s <= :as_of AND ticket_key IS NOT NULL
                AND superseded_s IS NULL),
        usual AS (
            SELECT r.category, median(w.worked_s) AS usual_s
            FROM f_resolutions AS r JOIN worked AS w ON w.ticket_key = r.ticket_key
            WHERE r.was_touched AND r.excluded_as IS NULL AND r.resolved_s <= :as_of
                AND (r.superseded_s IS NULL OR r.superseded_s > :as_of)
            GROUP BY r.category)
        SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.resolved_s, f.team_id, f.organisation, f.tier,
            f.technician_id, f.priority, f.category, f.handled_by, {out},
            coalesce(w.worked_s, 0) AS worked_s,
            {_BY_HAND} AS by_hand,
            coalesce(k.on_site, FALSE) OR v.ticket_key IS NOT NULL AS was_visited, u.usual_s
        FROM f_resolutions AS f JOIN f_tickets AS k ON k.ticket_key = f.ticket_key
        LEFT JOIN worked AS w ON w.ticket_key = f.ticket_key
        LEFT JOIN visits AS v ON v.ticket_key = f.ticket_key
        LEFT JOIN usual AS u ON u.category IS NOT DISTINCT FROM f.category
        WHERE {_FINAL}"""


FACTS = (
    Fact(
        name="incidents",
        doc="every incident, with whether the same requester or asset had one of the same category resolved shortly before",
        source=f"""
            {_WITH}
            SELECT f.*, b.ticket_key IS NOT NULL AS is_repeat
            FROM incidents AS f LEFT JOIN (SELECT DISTINCT ticket_key FROM pairs) AS b ON b.ticket_key = f.ticket_key""",
        anchors={"created": "created_s"},
        columns={**COMMON, "is_repeat": B, "contact_id": X, "asset": X},
    ),
    Fact(
        name="outcomes",
        doc="the final resolution of each resolved ticket, with whether it held",
        source=f"""
            {_WITH}
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.resolved_s, f.team_id, f.organisation, f.tier,
                f.technician_id, f.priority, f.category, f.business_s, f.calendar_s, f.sla_s, f.is_early, {OUT},
                f.was_reopened_in_window OR b.before_key IS NOT NULL AS was_undone
            FROM f_resolutions AS f
            LEFT JOIN (SELECT DISTINCT before_key FROM pairs WHERE out_as IS NULL) AS b ON b.before_key = f.ticket_key
            WHERE {_FINAL}""",
        anchors={"resolved": "resolved_s", "created": "created_s"},
        columns={**COMMON, "resolved_s": N, "was_undone": B},
        hours={"resolved_after_s": {h: f"{h}_s" for h in ("calendar", "business", "sla")}},
        bad_time="is_early",
        shift_at="resolved_s",
    ),
    Fact(
        name="efforts",
        doc="the final resolution of each resolved ticket, with the work on it and whether somebody went there",
        source=_efforts(OUT),
        anchors={"resolved": "resolved_s", "created": "created_s"},
        columns={**COMMON, "resolved_s": N, "worked_s": N, "by_hand": B, "was_visited": B, "usual_s": N, "handled_by": X},
        reals=frozenset({"usual_s"}),
        shift_at="resolved_s",
    ),
    Fact(
        name="touches",
        doc="the same, without the tickets of which nothing tells whether somebody worked on them (unknown_actor)",
        source=_efforts(_OUT_IF_UNKNOWN),
        anchors={"resolved": "resolved_s", "created": "created_s"},
        columns={**COMMON, "resolved_s": N, "by_hand": B, "usual_s": N, "handled_by": X},
        reals=frozenset({"usual_s"}),
        shift_at="resolved_s",
    ),
    Fact(
        name="records",
        doc="the final closure of each closed ticket, with how many of the fields that the workspace requires are filled",
        source=f"""
            WITH worked AS ({_WORKED})
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.closed_s, f.team_id, f.organisation, f.tier,
                f.technician_id, f.priority, f.category, {OUT}, {_FILLED} AS filled, {_REQUIRED} AS required
            FROM f_closures AS f JOIN f_tickets AS k ON k.ticket_key = f.ticket_key
            LEFT JOIN worked AS w ON w.ticket_key = f.ticket_key
            WHERE f.closed_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
        anchors={"closed": "closed_s", "created": "created_s"},
        columns={**COMMON, "closed_s": N, "filled": N, "required": N},
        shift_at="closed_s",
    ),
    Fact(
        name="likenesses",
        doc="every piece of work on a ticket, with all work on that ticket so far, whether that is little, and the words of its subject, "
        "category and note by which like tickets are found",
        source=f"""
            WITH worked AS ({_WORKED})
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, i.team_id, i.organisation, i.tier, i.technician_id,
                i.priority, i.category, {OUT}, p.entry_id, p.started_s, p.worked_s, w.worked_s AS total_s,
                coalesce(w.worked_s <= :small_s, FALSE) AS is_small, t.subject,
                concat_ws(' ', nullif(v.subject_words, ''), nullif(c.words, ''), nullif(v.note_words, '')) AS words
            FROM f_work AS p JOIN worked AS w ON w.ticket_key = p.ticket_key
            JOIN f_tickets AS f ON f.ticket_key = p.ticket_key JOIN tickets AS t ON t.ticket_key = p.ticket_key
            JOIN f_words AS v ON v.ticket_key = p.ticket_key
            JOIN f_intervals AS i ON i.ticket_key = p.ticket_key
            LEFT JOIN f_category_words AS c ON c.category = i.category
            WHERE p.started_s <= :as_of AND (p.superseded_s IS NULL OR p.superseded_s > :as_of)
                AND i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > :as_of)""",
        anchors={"worked": "started_s", "created": "created_s"},
        columns={**COMMON, "entry_id": X, "started_s": N, "worked_s": N, "total_s": N, "is_small": B, "subject": X, "words": X},
        row_id="entry_id",
    ),
    Fact(
        name="pace",
        doc="the tickets resolved in the last twenty working days before the end of each period",
        source=f"""
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.team_id, f.organisation, f.tier, f.technician_id,
                f.priority, f.category, f.resolved_s, {OUT}, e.p, e.at_s
            FROM f_resolutions AS f JOIN period_spans AS e ON f.resolved_s >= e.window_s AND f.resolved_s < e.before_s
            WHERE {_FINAL}""",
        anchors={"instant": "at_s"},
        columns={**COMMON, "resolved_s": N, "at_s": N},
        periodic=True,
        lookups=frozenset({"working"}),
    ),
)  # fmt: skip
