"""Facts for rival definitions of response and resolution: automatic replies counted, waits that still run, the first resolution."""

from collections.abc import Mapping

from pacesetter.catalogue.facts.record import COMMON, OUT, Fact, N, durations

_STATE = "i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category"
_WAITED: Mapping[str, Mapping[str, str]] = {"waited_s": {h: f"{h}_s" for h in ("calendar", "business", "sla")}}

FACTS = (
    Fact(
        name="replies",
        doc="the first public reply to each ticket, automatic replies counted",
        source=f"SELECT f.*, {OUT} FROM f_replies AS f WHERE f.replied_s <= :as_of",
        anchors={"first_response": "replied_s", "created": "created_s"},
        columns={**COMMON, "replied_s": N},
        hours=durations("replied"),
        bad_time="is_early",
        shift_at="replied_s",
    ),
    Fact(
        name="waits",
        doc="the wait of each ticket for its first response; of an open one without a response, up to the as-of instant",
        source=f"""
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.team_id, f.organisation, f.tier, f.technician_id,
                f.priority, f.category, f.responded_s AS until_s, f.is_early, f.calendar_s, f.business_s, f.sla_s, {OUT}
            FROM f_responses AS f WHERE f.responded_s <= :as_of
            UNION ALL
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, {_STATE},
                :as_of, FALSE, :as_of - f.created_s, i.opened_s + o.open_s - i.open_at_s,
                CASE WHEN i.phase_code IN (3, 4, 5) THEN i.active_s ELSE i.active_s + o.open_s - i.open_at_s END, {OUT}
            FROM f_tickets AS f
            JOIN f_intervals AS i ON i.ticket_key = f.ticket_key AND i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > :as_of)
            JOIN open_now AS o ON o.calendar_key = coalesce(i.calendar_key, 0)
            WHERE f.created_s <= :as_of AND (f.responded_s IS NULL OR f.responded_s > :as_of) AND i.phase_code <= 5""",
        anchors={"first_response": "until_s", "created": "created_s"},
        columns={**COMMON, "until_s": N},
        hours=_WAITED,
        bad_time="is_early",
        lookups=frozenset({"open_now"}),
    ),
    Fact(
        name="first_resolutions",
        doc="the first resolution of each ticket, whether or not it held",
        source=f"SELECT f.*, {OUT} FROM f_resolutions AS f WHERE f.resolved_s <= :as_of AND f.nth = 1",
        anchors={"resolved": "resolved_s", "created": "created_s"},
        columns={**COMMON, "resolved_s": N},
        hours=durations("resolved"),
        bad_time="is_early",
        shift_at="resolved_s",
    ),
)  # fmt: skip
