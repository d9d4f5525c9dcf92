"""A repetitive password-reset flood worth automating."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["share"] >= 0.3 and f["share"] >= 2 * f["share_others"] and f["monday_share"] >= 0.5


STORY = Story(
    name="flood",
    title="A flood of password resets worth automating",
    tells="More than a third of one client's tickets are password resets, most of them on Monday mornings, each a few "
    "minutes of the same work.",
    planted="Passwords that expire: every Monday from eight o'clock the client's people ask for a reset.",
    where="client `{reset_flood}`, every Monday",
    look_at="repetitive_work_share, tickets_created by subcategory and day of week",
    uses=("reset_flood",),
    holds=_holds,
    sql="""
WITH zone AS (SELECT time_zone FROM clients WHERE client_id = $reset_flood), work AS (
    SELECT client_id = $reset_flood AS own, subcategory = 'password reset' AS reset, ticket_id,
           dayofweek(timezone((SELECT time_zone FROM zone), created_at)) = 1 AS monday
    FROM tickets WHERE type <> 'alert' AND excluded_as IS NULL AND source = 'simulated-psa'
)
SELECT avg(reset::INT) FILTER (own) AS share, avg(reset::INT) FILTER (NOT own) AS share_others,
       avg(monday::INT) FILTER (own AND reset) AS monday_share,
       (SELECT sum(duration_minutes) / 60 FROM time_entries JOIN work USING (ticket_id) WHERE own AND reset) AS hours_spent,
       count(*) FILTER (own AND reset) AS resets
FROM work""",
)
