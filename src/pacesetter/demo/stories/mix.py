"""A team whose resolution time worsens only because its mix of work changed."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["growth"] >= 1.2 and 0.8 <= f["growth_same_mix"] <= 1.2 and f["growth"] > f["growth_same_mix"] + 0.1


STORY = Story(
    name="mix",
    title="A team that got slower only because its mix changed",
    tells="The mean resolution time of one service desk rises by a good part, while no kind of work takes longer there.",
    planted="Half-way through, self-service takes nearly nine in ten of the easy tickets (access, e-mail, telephony) of the "
    "desk's clients and the heavy kinds grow two and a half times in weight; the volume falls so that the hours of "
    "work stay about the same.",
    where="team `{mix_team}`, from {mix_change} on",
    look_at="resolution_time by team and subcategory, before and after; what a change is caused by",
    uses=("mix_team", "mix_change"),
    holds=_holds,
    from_size="medium",
    sql="""
WITH work AS (
    SELECT subcategory, least(coalesce(date_diff('second', created_at, resolved_at) / 3600.0, 240), 240) AS hours,
           created_at >= $mix_change::TIMESTAMPTZ AS later
    FROM tickets WHERE team_id = $mix_team AND type <> 'alert' AND excluded_as IS NULL AND source = 'simulated-psa'
        AND status <> 'Cancelled' AND created_at < (SELECT max(created_at) FROM tickets) - INTERVAL 10 DAY
), cells AS (
    SELECT subcategory, avg(hours) FILTER (NOT later) AS before, avg(hours) FILTER (later) AS after,
           count(*) FILTER (NOT later) AS n
    FROM work GROUP BY subcategory HAVING count(*) FILTER (NOT later) > 0 AND count(*) FILTER (later) > 0
), mean AS (
    SELECT avg(hours) FILTER (NOT later) AS before, avg(hours) FILTER (later) AS after FROM work
)
SELECT mean.before AS hours_before, mean.after AS hours_after, mean.after / mean.before AS growth,
       (SELECT sum(n * after) / sum(n * before) FROM cells) AS growth_same_mix
FROM mean""",
)
