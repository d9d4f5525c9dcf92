"""A client that looks fine on the mean and bad on the ninth decile."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["mean_against_others"] <= 1.2 and f["p90_against_others"] >= 1.4 and f["median_against_others"] <= 0.8


STORY = Story(
    name="two_speeds",
    title="A client that looks fine on the mean and bad on p90",
    tells="Most of its tickets are solved faster than elsewhere, one in six lies for more than a week; the mean is "
    "like everybody's, the ninth decile is far beyond.",
    planted="Its tickets hardly ever wait or escalate, and every sixth is put aside for 60 to 95 open hours.",
    where="client `{two_speeds}`, all the time",
    look_at="resolution_time: mean beside median and p90, by client",
    uses=("two_speeds",),
    holds=_holds,
    sql="""
SELECT avg(hours) FILTER (own) AS mean_hours, avg(hours) FILTER (own) / avg(hours) FILTER (NOT own) AS mean_against_others,
       median(hours) FILTER (own) / median(hours) FILTER (NOT own) AS median_against_others,
       quantile_cont(hours, 0.9) FILTER (own) AS p90_hours,
       quantile_cont(hours, 0.9) FILTER (own) / quantile_cont(hours, 0.9) FILTER (NOT own) AS p90_against_others
FROM (SELECT hours, client_id = $two_speeds AS own FROM resolved)""",
)
