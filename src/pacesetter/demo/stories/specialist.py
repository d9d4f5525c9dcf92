"""A technician who looks slow and has the hardest work."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["against_peers"] >= 1.25 and f["against_peers_same_work"] <= 1.0


STORY = Story(
    name="specialist",
    title="A technician who looks slow and has the hardest work",
    tells="One technician takes far more time per piece of work than the team mates, and less than they do on the same "
    "kind of work.",
    planted="Three quarters of the legacy ERP and storage tickets (fewer where that is more than one person can do) go to "
    "this technician, whose own speed is 15 % better.",
    where="technician `{specialist}` of team `{systems}`, all the time",
    look_at="technician_efficiency, and training_gap or speed_quality on the same mix of work",
    uses=("specialist", "systems"),
    holds=_holds,
    from_size="medium",
    sql="""
WITH work AS (
    SELECT e.duration_minutes AS minutes, t.subcategory, e.technician_id = $specialist AS own
    FROM time_entries e JOIN tickets t USING (ticket_id) JOIN technicians p ON p.technician_id = e.technician_id
    WHERE p.team_id = $systems
), cells AS (
    SELECT subcategory, avg(minutes) FILTER (own) AS own, avg(minutes) FILTER (NOT own) AS others, count(*) FILTER (own) AS n
    FROM work GROUP BY subcategory HAVING count(*) FILTER (own) > 0 AND count(*) FILTER (NOT own) > 0
)
SELECT avg(minutes) FILTER (own) AS minutes_own, avg(minutes) FILTER (NOT own) AS minutes_peers,
       avg(minutes) FILTER (own) / avg(minutes) FILTER (NOT own) AS against_peers,
       (SELECT sum(n * own) / sum(n * others) FROM cells) AS against_peers_same_work,
       avg((subcategory IN ('legacy ERP', 'storage array'))::INT) FILTER (own) AS hard_share_own,
       avg((subcategory IN ('legacy ERP', 'storage array'))::INT) FILTER (NOT own) AS hard_share_peers
FROM work""",
)
