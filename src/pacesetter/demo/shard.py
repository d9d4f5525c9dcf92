"""Runs one shard from its first slice to its last and hands each slice's rows to a writer.

Owns the order of things: arrivals, plans, work, telling, voice, leaving. Memory is bounded by one slice and the open
tickets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from pacesetter.demo import books, raci, signs
from pacesetter.demo.arrays import NEVER, Batch, Flags, Ints, generator
from pacesetter.demo.arrivals import Arrivals, Slice
from pacesetter.demo.desk import Desk
from pacesetter.demo.kinds import CATEGORY_OF, KINDS
from pacesetter.demo.levels import Levels, Policy, build_policies
from pacesetter.demo.names import DEPARTMENTS, mail_of
from pacesetter.demo.outages import build_outages, service_id
from pacesetter.demo.plans import MERGED, STEPS, draw_plans
from pacesetter.demo.sizes import Size, epoch_day
from pacesetter.demo.staff import FIRST_INTERNAL, VENDOR, WATCH
from pacesetter.demo.standing import standing_rows
from pacesetter.demo.telling import Telling
from pacesetter.demo.ticket_rows import ticket_table, work_tables
from pacesetter.demo.twins import planted, twin_batch
from pacesetter.demo.voice import Voice
from pacesetter.demo.words import Words, ids, instants, spelled
from pacesetter.demo.world import World, build_world

ROW = dict[str, object]
Sink = Callable[[str, pa.Table, int], None]
_HARD = np.array([k.hard for k in KINDS])
_SPECIALIST_HOURS = 85
"""Hours of hard tickets that one person can take in a month."""
_TICKETS, _EVENTS, _ENTRIES = 2_000_000, 50_000_000, 20_000_000
"""How many ids of each kind a shard may use."""


@dataclass
class ShardRows:
    """What a shard returns beside the rows that it has written: the small tables, to be written once for all shards."""

    team_roles: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, list[ROW]] = field(default_factory=dict)
    tasks: list[raci.Task] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    planted: list[ROW] = field(default_factory=list)
    twins: list[ROW] = field(default_factory=list)


def staffed_world(size: Size, seed: int, shard: int, as_of: datetime) -> tuple[World, Arrivals, float]:
    """A shard's world with as many technicians as its work needs, its arrivals, and how readily idle hands do projects."""
    world = build_world(size, seed, shard, as_of)
    arrivals = Arrivals(world.clients, world.slices, world.cast, size.tickets / size.shards)
    load = np.zeros(len(world.teams))
    middle = sorted({len(world.slices) // 4, len(world.slices) // 2, len(world.slices) - 1})
    months = hard = 0.0
    for number in middle:
        piece, rng = world.slices[number], generator(seed, 20, shard, number)
        batch = arrivals.draw(rng, piece, {}, [])
        draw_plans(rng, world, piece, batch)
        used = np.arange(STEPS)[None, :] < batch["steps"][:, None]
        load += np.bincount(batch["team"][used], batch["effort"][used] + 330, minlength=len(load)) / 3600
        months += (piece.end - piece.start) / 2_629_746
        hard += float((batch["effort"] * (used & _HARD[batch["kind"]][:, None])).sum()) / 3600
    monthly, capacity = load / months, 128 * 0.66
    heads = np.maximum(np.ceil(monthly / capacity).astype(int), 2 if size.tickets < 10_000 else 3)
    heads[WATCH] = max(5, 5 * -(-int(heads[WATCH]) // 5))
    heads[VENDOR] = max(2, int(heads[VENDOR]))
    heads[FIRST_INTERNAL:] = np.maximum(np.ceil(monthly[FIRST_INTERNAL:] / capacity), 2)
    world.staff_up([int(h) for h in heads])
    world.hard_share = min(world.cast.hard_share, _SPECIALIST_HOURS * months / max(hard, 1e-9))
    busy = float(monthly[:5].sum() / (capacity * heads[:5].sum()))
    return world, arrivals, 0.93 if busy < 0.4 else 0.6


class Shard:
    """One shard at work."""

    def __init__(self, size: Size, seed: int, shard: int, as_of: datetime, sink: Sink) -> None:
        self.sink, self.shard, self.seed = sink, shard, seed
        self.world, self.arrivals, fill = staffed_world(size, seed, shard, as_of)
        world = self.world
        self.policies = build_policies(world.clients, world.first_day, world.last_day)
        self.levels = Levels(self.policies, world.clients)
        self.roles, self.tasks = raci.shard_roles(world), raci.shard_tasks(world)
        role_ids = [str(r["role_id"]) for r in self.roles]
        if "role-lead-watch" not in role_ids:
            role_ids.append("role-lead-watch")
        self.words = Words(world, role_ids)
        self.matrix = raci.Matrix(world, self.tasks, {r: self.words.role + i for i, r in enumerate(role_ids)})
        self.outages = build_outages(world.clients, seed, shard, world.slices[0].start, world.as_of, 1_000_000)
        teams, rng = len(world.teams), generator(seed, 7, shard)
        self.desk = Desk(
            world.technicians, teams, world.hours, CATEGORY_OF, rng, fill, world.specialist if world.cast.plays else -1
        )
        self.voice = Voice(world, self.words, self.levels)
        self.gone = {c.number: epoch_day(c.leaves_on) for c in world.clients if c.leaves_on}
        self.alert_of: dict[int, int] = {}
        self.hours: dict[tuple[int, int], float] = {}
        self.planted: list[ROW] = []
        self.twins: list[ROW] = []
        self.projects = books.project_rows(world)
        self._ticket, self._event, self._entry = shard * _TICKETS + 1, shard * _EVENTS + 1, shard * _ENTRIES + 1

    def run(self, progress: Callable[[], None] = lambda: None) -> ShardRows:
        """Simulate every slice; ``progress`` is called after each."""
        for piece in self.world.slices:
            rng = generator(self.seed, 30, self.shard, piece.number)
            batch = self.arrivals.draw(rng, piece, self.gone, self.outages)
            draw_plans(rng, self.world, piece, batch)
            self._number(batch)
            self.desk.take_in(batch)
            self.desk.run(piece.end)
            self._write(piece, self.desk.collect(everything=piece.end == self.world.as_of), rng)
            quarter = self.voice.quarter(rng, piece, self.gone)
            if quarter is not None:
                self._put("surveys", quarter, piece, 1)
            self.voice.who_leaves(rng, piece, self.gone)
            progress()
        self._people()
        return self._small()

    def _part(self, piece: Slice, extra: int = 0) -> int:
        return (self.shard * len(self.world.slices) + piece.number) * 2 + 1 + extra

    def _put(self, name: str, rows: pa.Table, piece: Slice, extra: int = 0) -> None:
        if rows.num_rows:
            self.sink(name, rows, self._part(piece, extra))

    def _number(self, batch: Batch) -> None:
        """Give the tickets of a slice their numbers, and tie those of an outage to its first alert."""
        n = len(batch["created"])
        batch["number"] = self._ticket + np.arange(n)
        self._ticket += n
        batch["twin"] = np.zeros(n, np.int64)
        batch["into"] = np.where(batch["into"] >= 0, batch["number"][batch["into"].clip(0)], NEVER)
        batch["parent"] = np.full(n, NEVER)
        for row in np.flatnonzero(batch["outage"] >= 0).tolist():
            outage = int(batch["outage"][row])
            if outage not in self.alert_of:
                self.alert_of[outage] = int(batch["number"][row])
            else:
                batch["parent"][row] = self.alert_of[outage]

    def _write(self, piece: Slice, batch: Batch, rng: np.random.Generator) -> None:
        """All rows that come of the tickets that are finished."""
        telling, tables = self._tell(batch, rng, piece)
        born = batch["created"] < self.world.as_of
        told = telling.told
        links = [_links(batch["number"], batch["into"], "duplicate", born & (batch["fate"] == MERGED)),
                 _links(batch["number"], batch["parent"], "caused_by", born & (batch["parent"] >= 0))]  # fmt: skip
        entries, tools, billable = work_tables(self.world, telling, batch["number"], self._entry, self.words)
        self._entry += entries.num_rows
        for client, hours in enumerate(billable.tolist()):
            self.hours[client, piece.number] = hours
        surveys = self.voice.after_tickets(telling, told, batch["number"])
        visits = self.voice.help_centre(telling, piece, self.gone)
        twin = twin_batch(self.world, batch, rng)
        if twin is not None:
            links.append(_links(self._ticket + np.arange(len(twin["number"])), twin["number"], "twin"))
            ours, twin["number"] = twin["number"], self._ticket + np.arange(len(twin["number"]))
            self.twins += planted(twin, ours)
            self._ticket += len(twin["number"])
            _, others = self._tell(twin, rng, None)
            tables = {name: pa.concat_tables([_plain(t), _plain(others[name])]) for name, t in tables.items()}
        tables |= {"ticket_links": pa.concat_tables(links), "tool_uses": tools, "surveys": surveys}
        tables |= {
            "article_events": visits,
            "time_entries": pa.concat_tables([_plain(entries), self._other_work(rng)], promote_options="default"),
        }
        for name, rows in tables.items():
            self._put(name, rows, piece)

    def _tell(self, batch: Batch, rng: np.random.Generator, piece: Slice | None) -> tuple[Telling, dict[str, pa.Table]]:
        """Events and ticket rows of a batch; ``piece`` is the slice, None for the twins in the other party's system."""
        telling = Telling(self.world, self.words, self.levels, batch, rng)
        told = telling.tell()
        if piece is not None:
            self.matrix.tell(telling)
            self.planted += signs.plant(telling, batch, self.seed, self.shard, piece.number)
        told.log.settle(self.world.as_of, batch["created"])
        merged = ids("T", told.targets, 8).to_pylist()
        events = told.log.table(self.words, batch["number"], self._event, [m or "-" for m in merged])
        self._event += events.num_rows
        tickets = ticket_table(self.world, self.words, self.levels, telling, told, batch["number"], batch["into"])
        born = pa.array(batch["created"] < self.world.as_of)
        return telling, {"ticket_events": events, "tickets": tickets.filter(born)}

    def _other_work(self, rng: np.random.Generator) -> pa.Table:
        """Time entries on projects and inside the MSP."""
        other = self.desk.other
        who, start = np.array(other.technician, dtype=np.int64), np.array(other.start, dtype=np.int64)
        minutes = np.array(other.seconds, dtype=np.int64) // 60
        other.technician, other.start, other.seconds = [], [], []
        n, first = len(who), self._entry
        self._entry += n
        project = rng.integers(0, len(self.projects), n)
        inside = rng.random(n) < 0.4
        project = np.where(inside, -1, project)
        of = [str(p["client_id"]) for p in self.projects]
        return _plain(pa.table(
            {
                "entry_id": ids("W", first + np.arange(n), 10),
                "technician_id": spelled(self.words.technician + who, self.words.list),
                "started_at": instants(start),
                "duration_minutes": pa.array(minutes, pa.float64()),
                "ticket_id": pa.nulls(n, pa.string()),
                "client_id": spelled(project, of),
                "is_billable": pa.array(~inside & (rng.random(n) < 0.8)),
                "work_type": spelled(inside.astype(np.int64), ("project", "internal")),
                "project_id": spelled(project, [str(p["project_id"]) for p in self.projects]),
            }
        ))  # fmt: skip

    def _people(self) -> None:
        """Shifts and contacts of the shard."""
        world, rows = self.world, []
        for t in world.technicians:
            rows += [(t.number, a, b, 0) for a, b in t.work] + [
                (t.number, a, b, kind) for a, b in t.absent for kind in (0, 1)
            ]
        rows = sorted(r for r in rows if r[1] < world.as_of)
        who, start, end, kind = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
        self.sink("shifts", pa.table(
            {
                "shift_id": ids("D", self.shard * 1_000_000 + 1 + np.arange(len(who)), 8),
                "technician_id": spelled(self.words.technician + who, self.words.list),
                "starts_at": instants(start), "ends_at": instants(end),
                "kind": spelled(kind, ("work", "absence")),
            }
        ), self.shard + 1)  # fmt: skip
        number = np.arange(len(world.contact_names))
        owner = np.repeat(np.arange(len(world.clients)), [c.contacts for c in world.clients])
        self.sink("contacts", pa.table(
            {
                "contact_id": spelled(self.words.contact + number, self.words.list),
                "client_id": spelled(owner, [c.client_id for c in world.clients]),
                "name": pa.array(world.contact_names),
                "email": pa.array([mail_of(n, f"{world.clients[owner[i]].client_id}.example", i)
                                   for i, n in enumerate(world.contact_names)]),
                "department": spelled(world.department, DEPARTMENTS), "is_vip": pa.array(world.is_vip),
            }
        ), self.shard + 1)  # fmt: skip

    def _small(self) -> ShardRows:
        world, gone = self.world, self.gone
        agreements = books.agreement_rows(world, gone)
        tables: dict[str, list[ROW]] = {
            "agreements": agreements, "invoice_lines": books.invoice_rows(world, agreements, self.hours),
            "costs": books.cost_rows(world), "opportunities": books.sales_rows(world, gone), "projects": self.projects,
            "trainings": books.training_rows(world), "improvements": books.improvement_rows(world),
            "raci_roles": self.roles, "outages": self._outage_rows(), **standing_rows(world, gone),
        }  # fmt: skip
        if self.shard == 0:
            tables["targets"] = books.target_rows(world)
        groups = {"desks": [0, 1, 2], "systems": [3], "engineering": [4], "watch": [WATCH]}
        named = {g: [raci.role_of_team(world.teams[n].team_id) for n in members] for g, members in groups.items()}
        return ShardRows(named, tables, self.tasks, self.policies, self.planted, self.twins)

    def _outage_rows(self) -> list[ROW]:
        def at(seconds: int) -> datetime:
            return datetime.fromtimestamp(seconds, UTC)

        return [
            {"outage_id": f"out-{o.number + 1:07d}", "service_id": service_id(self.world.clients[o.client], o.service),
             "starts_at": at(o.starts_at), "ends_at": at(o.ends_at) if o.ends_at < self.world.as_of else None,
             "is_planned": o.planned, "users_affected": o.affected, "cause": o.cause,
             "ticket_id": f"T{self.alert_of[o.number]:08d}" if o.number in self.alert_of else None}
            for o in self.outages if o.starts_at < self.gone.get(o.client, self.world.as_of)
        ]  # fmt: skip


def _plain(table: pa.Table) -> pa.Table:
    """Text columns without dictionaries, so that tables can stand below each other."""
    fields = [pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(fields))


def _links(ticket: Ints, other: Ints, kind: str, keep: Flags | None = None) -> pa.Table:
    rows = np.flatnonzero(keep) if keep is not None else np.arange(len(ticket))
    return pa.table(
        {"ticket_id": ids("T", ticket[rows], 8), "other_id": ids("T", other[rows], 8),
         "kind": pa.array([kind] * len(rows), pa.string())}
    )  # fmt: skip
