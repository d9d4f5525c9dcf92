"""An outage series that costs business hours."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["outages"] >= 7 and f["business_hours_down"] >= 12 and f["share_in_business_hours"] >= 0.9


STORY = Story(
    name="outage_series",
    title="A series of outages that costs business hours",
    tells="Within ten weeks one service of one client fails eight times, always on a weekday morning, with the same cause.",
    planted="One outage a week between nine and eleven in the client's morning, 100 to 230 minutes long, 80 % of the users.",
    where="client `{outage_series}`, service `{outage_service}`, the last ten weeks",
    look_at="lost_business_hours, availability, outage_count, mtbf by client",
    uses=("outage_series", "outage_cause"),
    holds=_holds,
    sql="""
WITH zone AS (SELECT time_zone FROM clients WHERE client_id = $outage_series), down AS (
    SELECT timezone((SELECT time_zone FROM zone), starts_at) AS a, timezone((SELECT time_zone FROM zone), ends_at) AS b,
           users_affected
    FROM outages JOIN services USING (service_id)
    WHERE client_id = $outage_series AND cause = $outage_cause AND NOT is_planned
), cut AS (
    SELECT *, CASE WHEN dayofweek(a) BETWEEN 1 AND 5 THEN greatest(0, date_diff('second',
        greatest(a, date_trunc('day', a) + INTERVAL 8 HOUR), least(b, date_trunc('day', a) + INTERVAL 18 HOUR))) ELSE 0 END AS open
    FROM down
)
SELECT count(*) AS outages, sum(open) / 3600.0 AS business_hours_down,
       sum(open * users_affected) / 3600.0 AS business_hours_lost,
       sum(open) / sum(date_diff('second', a, b)) AS share_in_business_hours FROM cut""",
)
