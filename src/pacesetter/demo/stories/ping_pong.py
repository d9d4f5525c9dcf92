"""Ping-pong between internal IT and the MSP at one client."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["share"] >= 0.2 and f["share"] >= 5 * f["share_other_co_managed"]


STORY = Story(
    name="ping_pong",
    title="Ping-pong between internal IT and the MSP at one client",
    tells="At one co-managed client a quarter of the tickets return to a team that had already handed them over.",
    planted="38 % of what its people ask goes to and fro between the service desk and internal IT, three handovers or "
    "more; at other co-managed clients 1.5 % do.",
    where="client `{ping_pong}`, all the time",
    look_at="ping_pong_rate and handoffs_per_ticket by client; time_in_hands",
    uses=("ping_pong",),
    holds=_holds,
    sql="""
WITH moves AS (
    SELECT ticket_id, event_id, from_value, to_value FROM ticket_events WHERE kind IN ('team', 'escalation')
), returned AS (
    SELECT DISTINCT later.ticket_id FROM moves later JOIN moves earlier
    ON later.ticket_id = earlier.ticket_id AND later.event_id > earlier.event_id AND later.to_value = earlier.from_value
), work AS (
    SELECT r.client_id = $ping_pong AS own, b.ticket_id IS NOT NULL AS back
    FROM resolved r LEFT JOIN returned b USING (ticket_id)
    WHERE r.client_id IN (SELECT client_id FROM teams WHERE organisation = 'client')
)
SELECT avg(back::INT) FILTER (own) AS share, avg(back::INT) FILTER (NOT own) AS share_other_co_managed,
       count(*) FILTER (own AND back) AS tickets FROM work""",
)
