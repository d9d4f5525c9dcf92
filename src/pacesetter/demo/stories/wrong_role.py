"""One RACI task done by the wrong role."""

from pacesetter.demo.stories.story import Figures, Story


def _holds(f: Figures) -> bool:
    return f["share_by_others"] >= 0.4 and f["share_by_others_elsewhere"] <= 0.05


STORY = Story(
    name="wrong_role",
    title="One RACI task done by the wrong role",
    tells="Patch deployment is the engineers' task; at the clients of one desk more than half of it is done by tier 1.",
    planted="60 % of the patch tickets of that desk's clients go to the desk rather than to engineering.",
    where="task `task-patching` (patch deployment), clients of team `{wrong_role_team}`, all the time",
    look_at="raci_responsible_conformance by task and by who did it instead",
    uses=("wrong_role_team",),
    holds=_holds,
    sql="""
WITH done AS (
    SELECT ticket_id, first(p.team_id ORDER BY e.started_at) AS team_id
    FROM time_entries e JOIN technicians p USING (technician_id) WHERE ticket_id IS NOT NULL GROUP BY ticket_id
), desk AS (
    SELECT t.client_id, mode(t.team_id) AS desk FROM tickets t WHERE t.team_id LIKE 'desk-%' GROUP BY 1
)
SELECT avg((d.team_id NOT LIKE 'engineering%')::INT) FILTER (desk = $wrong_role_team) AS share_by_others,
       count(*) FILTER (desk = $wrong_role_team AND d.team_id NOT LIKE 'engineering%') AS tickets_by_others,
       avg((d.team_id NOT LIKE 'engineering%')::INT) FILTER (desk <> $wrong_role_team) AS share_by_others_elsewhere
FROM tickets t JOIN done d USING (ticket_id) JOIN desk USING (client_id)
WHERE t.subcategory = 'patch deployment'""",
)
