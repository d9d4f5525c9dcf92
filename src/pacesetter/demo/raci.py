"""The RACI matrix of the simulated MSP, and the approvals, consultations and notices that follow from it.

Owns tasks, roles and assignments. One task is done by the wrong role (a planted story): see ``stories``.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from pacesetter.demo.arrays import Flags, Ints
from pacesetter.demo.kinds import BY_SUBCATEGORY, KINDS
from pacesetter.demo.log import AUTOMATION, REQUESTER_ACTOR, TECHNICIAN
from pacesetter.demo.plans import REOPEN, STEPS
from pacesetter.demo.staff import ENGINEERING, SYSTEMS, VENDOR, WATCH
from pacesetter.demo.telling import Telling
from pacesetter.demo.world import World

ROW = dict[str, object]
INFORM_WITHIN = 240


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task with its roles; ``responsible`` may name several teams' roles."""

    task_id: str
    name: str
    subcategory: str
    responsible: tuple[str, ...]
    accountable: str
    consulted: str | None = None
    informed: str | None = None
    client_id: str | None = None


def role_of_team(team_id: str) -> str:
    """The id of the role that a team fills."""
    return f"role-{team_id}"


def shard_roles(world: World) -> list[ROW]:
    """The roles that the people of a shard fill."""
    lead = {"desk": "Service delivery lead", "engineering": "Head of engineering", "watch": "SOC manager"}
    rows: list[ROW] = [
        {"role_id": role_of_team(t.team_id), "name": t.name, "team_id": t.team_id,
         "client_id": t.client.client_id if t.client else None}
        for t in world.teams
    ]  # fmt: skip
    if world.shard == 0:
        for team, key in ((0, "desk"), (ENGINEERING, "engineering"), (WATCH, "watch")):
            holder = next(t for t in world.technicians if t.team == team and not t.ended_on)
            rows.append({"role_id": f"role-lead-{key}", "name": lead[key], "technician_id": holder.technician_id})
    for client in (c for c in world.clients if c.co_managed):
        team = int(world.internal_team[client.number])
        manager = next(t for t in world.technicians if t.team == team)
        short, name = client.client_id, client.name
        rows.append({"role_id": f"role-{short}-it-manager", "name": f"Internal IT manager, {name}",
                     "client_id": short, "technician_id": manager.technician_id})  # fmt: skip
        for i, (key, title) in enumerate((("head", "Department head"), ("user", "End users"), ("board", "Executives"))):
            rows.append({"role_id": f"role-{short}-{key}", "name": f"{title}, {name}", "client_id": short,
                         "contact_id": world.contact_id(client.first_contact + i)})  # fmt: skip
    return rows


def shard_tasks(world: World) -> list[Task]:
    """The sample tasks of the co-managed clients of a shard."""
    team = {n: role_of_team(world.teams[n].team_id) for n in (0, 1, 2, SYSTEMS, ENGINEERING, WATCH, VENDOR)}
    found = []
    for client in (c for c in world.clients if c.co_managed):
        short = client.client_id
        tag = {"client_id": short, "accountable": f"role-{short}-it-manager"}
        found += [
            Task(task_id=f"task-password-{short}", name="Password reset", subcategory="password reset",
                 responsible=(team[client.pod],), consulted=f"role-{short}-head", informed=f"role-{short}-user", **tag),
            Task(task_id=f"task-patching-{short}", name="Patch deployment", subcategory="patch deployment",
                 responsible=(team[ENGINEERING],), consulted=team[VENDOR], informed=f"role-{short}-user", **tag),
            Task(task_id=f"task-triage-{short}", name="Security alert triage", subcategory="security alert",
                 responsible=(team[WATCH],), accountable="role-lead-watch",
                 consulted=role_of_team(world.teams[int(world.internal_team[client.number])].team_id),
                 informed=f"role-{short}-board", client_id=short),
        ]  # fmt: skip
    return found


def general_tasks(desks: list[str], systems: list[str], engineering: list[str], watch: list[str]) -> list[Task]:
    """The tasks at every client; the arguments are role ids of the teams of all shards."""
    desk, lead = tuple(desks), "role-lead-desk"
    return [
        Task(task_id="task-password", name="Password reset", subcategory="password reset", responsible=desk,
             accountable=lead),
        Task(task_id="task-starter", name="New starter", subcategory="new starter", responsible=desk, accountable=lead),
        Task(task_id="task-patching", name="Patch deployment", subcategory="patch deployment",
             responsible=tuple(engineering), accountable="role-lead-engineering"),
        Task(task_id="task-triage", name="Security alert triage", subcategory="security alert",
             responsible=tuple(watch), accountable="role-lead-watch"),
        Task(task_id="task-firewall", name="Firewall change", subcategory="firewall",
             responsible=(*systems, *engineering), accountable="role-lead-engineering"),
        Task(task_id="task-erp", name="Legacy ERP incident", subcategory="legacy ERP",
             responsible=tuple(systems), accountable="role-lead-engineering"),
    ]  # fmt: skip


def task_rows(tasks: list[Task]) -> list[ROW]:
    """Rows of ``raci_tasks``."""
    return [
        {"task_id": t.task_id, "name": t.name, "client_id": t.client_id, "subcategory": t.subcategory,
         "category": KINDS[BY_SUBCATEGORY[t.subcategory]].category}
        for t in tasks
    ]  # fmt: skip


def assignment_rows(tasks: list[Task], change: date) -> list[ROW]:
    """Rows of ``raci_assignments``; the general password task changed hands on ``change``."""
    rows: list[ROW] = []
    for t in tasks:
        rows += [{"task_id": t.task_id, "role_id": r, "letter": "R"} for r in t.responsible]
        if t.task_id == "task-password":
            rows.append({"task_id": t.task_id, "role_id": "role-lead-engineering", "letter": "A", "valid_to": change})
            rows.append({"task_id": t.task_id, "role_id": t.accountable, "letter": "A", "valid_from": change})
        else:
            rows.append({"task_id": t.task_id, "role_id": t.accountable, "letter": "A"})
        if t.consulted:
            rows.append({"task_id": t.task_id, "role_id": t.consulted, "letter": "C"})
        if t.informed:
            rows.append({"task_id": t.task_id, "role_id": t.informed, "letter": "I", "within_minutes": INFORM_WITHIN})
    return rows


class Matrix:
    """Who is to be consulted and informed for each client and kind, as numbers of words; -1 where nobody."""

    def __init__(self, world: World, tasks: list[Task], role_words: dict[str, int]) -> None:
        shape = (len(world.clients), len(KINDS))
        self.consulted, self.informed = np.full(shape, -1), np.full(shape, -1)
        self.approves = np.array([c.first_contact if c.co_managed else -1 for c in world.clients])
        numbers = {c.client_id: c.number for c in world.clients}
        for task in (t for t in tasks if t.client_id):
            place = numbers[str(task.client_id)], BY_SUBCATEGORY[task.subcategory]
            self.consulted[place] = role_words.get(task.consulted or "", -1)
            self.informed[place] = role_words.get(task.informed or "", -1)

    def tell(self, telling: Telling) -> None:
        """Consultations before the resolution and notices after it; some are late and some never happen."""
        b, log = telling.b, telling.log
        end, done = _first_resolution(b["end"], b["steps"], b["gap"])
        actor = np.where(b["by"][:, 0] >= 0, telling.words.technician + b["by"][:, 0], -1)
        place = b["client"], b["kind"]
        consulted, informed = self.consulted[place], self.informed[place]
        early = b["start"][:, 0] + telling.seconds(30, 600)
        asks = done & (consulted >= 0) & telling.chance(0.9)
        log.add(asks, np.minimum(early, end - 5), "consultation", TECHNICIAN, actor, new=consulted, public=0, order=36)
        told = done & (informed >= 0) & telling.chance(0.96)
        late = np.where(telling.chance(0.06), telling.seconds(260 * 60, 900 * 60), telling.seconds(60, 200 * 60))
        log.add(told, end + late, "notification", TECHNICIAN, actor, new=informed, public=1, order=46)
        change = np.isin(b["kind"], [BY_SUBCATEGORY["patch deployment"], BY_SUBCATEGORY["firewall"]])
        head = self.approves[b["client"]]  # where internal IT shares the work, the head of a department approves
        person = np.where(head >= 0, telling.words.contact + head, telling.contact)
        asker = np.where(person >= 0, person, telling.words.robot + 2)
        kind = np.where(person >= 0, REQUESTER_ACTOR, AUTOMATION)
        log.add(change & done & telling.chance(0.93), np.minimum(early + 5, end - 4), "approval", kind, asker,
                new=telling.words.approved, public=1, order=37)  # fmt: skip


def _first_resolution(end: Ints, steps: Ints, gap: Ints) -> tuple[Ints, Flags]:
    """The end of the first step that resolves, and whether it was reached."""
    ends = (np.arange(STEPS)[None, :] == (steps - 1)[:, None]) | (gap == REOPEN)
    ends &= np.arange(STEPS)[None, :] < steps[:, None]
    first = ends.argmax(axis=1)
    at = end[np.arange(len(steps)), first]
    return at, ends.any(axis=1) & (at >= 0)
