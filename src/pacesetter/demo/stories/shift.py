"""A real shift in first response in one month among ordinary noise."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["against_usual"] >= 1.6 and f["minutes"] > f["minutes_worst_other_month"]


STORY = Story(
    name="shift",
    title="A real shift in first response in one month",
    tells="In one month first responses are slower everywhere; the other months only wander.",
    planted="In that month written tickets below P1 lie for a good business hour more before anybody looks.",
    where="all desks, {shift_month}",
    look_at="first_response_time by month with its limits of ordinary noise",
    uses=("shift_start", "shift_end"),
    holds=_holds,
    sql="""
WITH months AS (
    SELECT date_trunc('month', created_at) AS month, median(date_diff('second', created_at, first_response_at)) / 60 AS minutes
    FROM tickets WHERE opened_by = 'requester' AND first_response_at IS NOT NULL AND excluded_as IS NULL
         AND source = 'simulated-psa' GROUP BY 1
), marked AS (
    SELECT minutes, month >= $shift_start::TIMESTAMPTZ AND month < $shift_end::TIMESTAMPTZ AS shifted FROM months
)
SELECT max(minutes) FILTER (shifted) AS minutes, median(minutes) FILTER (NOT shifted) AS minutes_usual,
       max(minutes) FILTER (NOT shifted) AS minutes_worst_other_month,
       max(minutes) FILTER (shifted) / median(minutes) FILTER (NOT shifted) AS against_usual
FROM marked""",
)
