"""Pause stuffing before breaches in one team."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["unanswered_share"] >= 0.12 and f["unanswered_share_other_desks"] <= 0.02


STORY = Story(
    name="stuffing",
    title="Pauses stuffed in before breaches in one team",
    tells="One desk sets tickets to 'Waiting Customer' a few minutes before the resolution target runs out, without a "
    "question to the customer, and takes them up again later without an answer.",
    planted="Three quarters of its tickets that lie aside when their time runs out are paused 3 to 25 minutes before.",
    where="team `{pause_team}`, all the time",
    look_at="pauses that end without an answer, by team; pauses that begin shortly before a breach",
    uses=("pause_team",),
    holds=_holds,
    sql="""
WITH steps AS (
    SELECT e.ticket_id, e.kind, e.to_value, e.actor_id, e.occurred_at, e.actor_kind,
           lead(e.kind) OVER w AS next_kind, lead(e.actor_kind) OVER w AS next_actor
    FROM ticket_events e WINDOW w AS (PARTITION BY e.ticket_id ORDER BY e.event_id)
), pauses AS (
    SELECT p.team_id = $pause_team AS own, NOT (next_kind = 'reply' AND next_actor = 'requester') AS unanswered
    FROM steps s JOIN technicians p ON p.technician_id = s.actor_id JOIN tickets t ON t.ticket_id = s.ticket_id
    WHERE s.kind = 'status' AND s.to_value = 'Waiting Customer' AND s.next_kind IS NOT NULL
          AND p.team_id LIKE 'desk-%' AND t.source = 'simulated-psa'
)
SELECT avg(unanswered::INT) FILTER (own) AS unanswered_share, count(*) FILTER (own AND unanswered) AS unanswered_pauses,
       avg(unanswered::INT) FILTER (NOT own) AS unanswered_share_other_desks FROM pauses""",
)
