"""A client about to leave."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return (
        f["hours_growth"] >= 1.4 and f["score_last_months"] < f["score_before"] - 0.3
        and f["volume_against_others"] <= 0.95 and f["seats_ratio"] < 0.9 and f["lost_offers"] >= 1
    )  # fmt: skip


STORY = Story(
    name="leaving",
    title="A client about to leave",
    tells="Over the last months its tickets take longer and come back, its people answer worse and ask less, it cut its "
    "seats and declined an offer because it does not trust the service. It has not left yet.",
    planted="Neglect that grows over the last four months: longer lying, more reopenings; volume, seats and sales follow.",
    where="client `{leaving}`, the last four months",
    look_at="resolution_time, reopen_rate, csat, nps, recurring revenue by client; the client-health score",
    uses=("leaving", "last_months"),
    holds=_holds,
    sql="""
WITH work AS (
    SELECT least(coalesce(date_diff('second', created_at, resolved_at) / 3600.0, 240), 240) AS hours,
           created_at >= $last_months::TIMESTAMPTZ AS late
    FROM tickets WHERE client_id = $leaving AND type <> 'alert' AND excluded_as IS NULL AND source = 'simulated-psa'
        AND status <> 'Cancelled' AND created_at < (SELECT max(created_at) FROM tickets) - INTERVAL 10 DAY
), said AS (
    SELECT score / scale_max AS part, sent_at >= $last_months::TIMESTAMPTZ AS late
    FROM surveys WHERE client_id = $leaving AND kind = 'csat' AND score IS NOT NULL
), seats AS (
    SELECT quantity FROM agreements WHERE client_id = $leaving AND offering_id = 'off-desk' ORDER BY starts_on
), volume AS (
    SELECT count(*) FILTER (own AND late) / count(*) FILTER (own AND NOT late) AS own,
           count(*) FILTER (NOT own AND late) / count(*) FILTER (NOT own AND NOT late) AS others
    FROM (SELECT client_id = $leaving AS own, created_at >= $last_months::TIMESTAMPTZ AS late FROM tickets
          WHERE type <> 'alert' AND client_id IN (SELECT client_id FROM clients
                WHERE ended_on IS NULL AND started_on < (SELECT min(created_at) FROM tickets)))
)
SELECT avg(hours) FILTER (NOT late) AS hours_before, avg(hours) FILTER (late) AS hours_last_months,
       avg(hours) FILTER (late) / avg(hours) FILTER (NOT late) AS hours_growth,
       (SELECT 5 * avg(part) FROM said WHERE NOT late) AS score_before,
       (SELECT 5 * avg(part) FROM said WHERE late) AS score_last_months,
       (SELECT own / others FROM volume) AS volume_against_others,
       (SELECT last(quantity) / first(quantity) FROM seats) AS seats_ratio,
       (SELECT count(*) FROM opportunities WHERE client_id = $leaving AND lost_reason = 'service not trusted') AS lost_offers
FROM work""",
)
