"""Facts about work and people: time entries, presence, shifts, training, suggestions, tools."""

from pacesetter.catalogue.attribution import SHIFT_CELLS
from pacesetter.catalogue.facts.record import OUT, B, Fact, N, X

_TEAM = {"technician_id": X, "team_id": X, "organisation": X, "tier": N}
_TICKET = {"ticket_key": N, "type": X, "channel": X, "created_s": N, "priority": X, "category": X, "out_as": X}
_SPELL = """LEFT JOIN f_spells AS s ON s.technician_id = t.technician_id AND s.from_s < e.before_s AND s.to_s >= e.before_s
            LEFT JOIN teams AS w ON w.team_id = s.team_id"""
_EMPLOYED = """
            technicians AS t
            LEFT JOIN day_starts AS a ON a.day = t.started_on
            LEFT JOIN day_starts AS b ON b.day = t.ended_on
            JOIN period_spans AS e ON (a.at_s IS NULL OR a.at_s < e.before_s) AND (b.at_s IS NULL OR b.at_s > e.from_s)"""

FACTS = (
    Fact(
        name="work",
        doc="every time entry (and the total of minutes of each resolved ticket that has no entry)",
        source=f"""
            SELECT f.*, {OUT} FROM f_work AS f
            WHERE f.started_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
        anchors={"worked": "started_s", "created": "created_s"},
        columns={**_TEAM, **_TICKET, "entry_id": X, "started_s": N, "worked_s": N, "client_id": X, "project_id": X, "is_billable": B,
                 "work_type": X, "on_site": B, "offering_id": X},
        row_id="entry_id",
        shift_at="started_s",
    ),
    Fact(
        name="presence",
        doc="time at work (shifts less absences), cut at the edges of periods",
        source="""
            SELECT e.p, e.from_s AS at_s, f.technician_id, f.team_id, f.organisation, f.tier, f.start_s,
                least(f.end_s, e.at_s) - greatest(f.start_s, e.from_s) AS present_s
            FROM f_present AS f JOIN period_spans AS e ON f.start_s < e.at_s AND f.end_s > e.from_s""",
        anchors={"worked": "at_s"},
        columns={**_TEAM, "present_s": N, "start_s": N, "at_s": N},
        row_id="start_s",
        periodic=True,
    ),
    Fact(
        name="shifts",
        doc="every shift worked, with the tickets that its technician resolved in it",
        source=f"""
            WITH solved AS (
                SELECT technician_id, resolved_s FROM f_resolutions
                WHERE resolved_s <= :as_of AND (superseded_s IS NULL OR superseded_s > :as_of) AND technician_id IS NOT NULL
                    AND excluded_as IS NULL),
            cells AS ({SHIFT_CELLS}),
            counted AS (
                SELECT c.shift_id, count(*) AS solved FROM cells AS c JOIN solved AS r
                    ON r.technician_id = c.technician_id AND r.resolved_s // 86400 = c.cell
                    AND r.resolved_s >= c.starts_s AND r.resolved_s < c.ends_s
                GROUP BY c.shift_id)
            SELECT f.*, coalesce(c.solved, 0) AS solved
            FROM f_shifts AS f LEFT JOIN counted AS c ON c.shift_id = f.shift_id WHERE f.starts_s <= :as_of""",
        anchors={"worked": "starts_s"},
        columns={**_TEAM, "shift_id": X, "starts_s": N, "ends_s": N, "solved": N},
        row_id="shift_id",
    ),
    Fact(
        name="technicians",
        doc="every technician employed at some time in the period, with the training held in it",
        source=f"""
            WITH held AS (
                SELECT e.p, f.technician_id, sum(f.hours) AS hours
                FROM trainings AS f JOIN day_starts AS d ON d.day = f.held_on
                JOIN period_spans AS e ON d.at_s >= e.from_s AND d.at_s < e.before_s
                GROUP BY e.p, f.technician_id)
            SELECT e.p, e.from_s AS at_s, t.technician_id, s.team_id, w.organisation, w.tier,
                coalesce(h.hours, 0) AS training_hours, h.hours IS NOT NULL AS was_trained
            FROM {_EMPLOYED}
            {_SPELL}
            LEFT JOIN held AS h ON h.p = e.p AND h.technician_id = t.technician_id""",
        anchors={"period": "at_s"},
        columns={**_TEAM, "training_hours": N, "was_trained": B, "at_s": N},
        row_id="technician_id",
        periodic=True,
        lookups=frozenset({"days"}),
        reals=frozenset({"training_hours"}),
    ),
    Fact(
        name="tool_technicians",
        doc="every technician employed at some time in the period, once for every tool that is known",
        source=f"""
            WITH uses AS (
                SELECT DISTINCT e.p, f.technician_id, f.tool
                FROM tool_uses AS f JOIN period_spans AS e
                ON epoch_us(f.used_at) // 1000000 >= e.from_s AND epoch_us(f.used_at) // 1000000 < e.before_s)
            SELECT e.p, e.from_s AS at_s, t.technician_id, s.team_id, w.organisation, w.tier, k.tool, u.tool IS NOT NULL AS was_used
            FROM {_EMPLOYED}
            {_SPELL}
            CROSS JOIN (SELECT DISTINCT tool FROM tool_uses) AS k
            LEFT JOIN uses AS u ON u.p = e.p AND u.technician_id = t.technician_id AND u.tool = k.tool""",
        anchors={"period": "at_s"},
        columns={**_TEAM, "tool": X, "was_used": B, "at_s": N},
        row_id="technician_id",
        periodic=True,
        lookups=frozenset({"days"}),
    ),
    Fact(
        name="suggestions",
        doc="every improvement that was suggested, with its author's team then",
        source="""
            SELECT f.improvement_id, f.technician_id, s.team_id, w.organisation, w.tier, d.at_s AS suggested_s,
                CASE WHEN x.at_s <= :as_of THEN x.at_s END AS decided_s,
                CASE WHEN x.at_s <= :as_of THEN f.decision END AS decision
            FROM improvements AS f JOIN day_starts AS d ON d.day = f.suggested_on
            LEFT JOIN day_starts AS x ON x.day = f.decided_on
            LEFT JOIN f_spells AS s ON s.technician_id = f.technician_id AND s.from_s <= d.at_s AND d.at_s < s.to_s
            LEFT JOIN teams AS w ON w.team_id = s.team_id
            WHERE d.at_s <= :as_of""",
        anchors={"suggested": "suggested_s", "decided": "decided_s"},
        columns={**_TEAM, "improvement_id": X, "suggested_s": N, "decided_s": N, "decision": X},
        row_id="improvement_id",
        daily=True,
        lookups=frozenset({"days"}),
    ),
)  # fmt: skip
