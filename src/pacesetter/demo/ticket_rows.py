"""The rows of ``tickets``, ``ticket_links``, ``time_entries`` and ``tool_uses`` of a batch, as the source shows them now.

Owns how a settled log becomes the columns of a ticket, the source's own verdicts among them.
"""

import numpy as np
import pyarrow as pa

from pacesetter.demo.arrays import AnyArray, Batch, Floats, Ints
from pacesetter.demo.kinds import (
    CATEGORIES,
    CATEGORY_OF,
    KINDS,
    PRIORITIES,
    RESOLUTION_CODES,
    RESOLUTION_NOTES,
    ROOT_CAUSES,
    SHORT_NOTES,
)  # fmt: skip
from pacesetter.demo.levels import Levels
from pacesetter.demo.log import KIND, STATUS_FAMILY, TECHNICIAN
from pacesetter.demo.plans import AUTOMATIC, BY_TECHNICIAN, DELETED, MERGED, SPAM, STEPS, TEST, WORKED
from pacesetter.demo.telling import Telling, Told
from pacesetter.demo.words import SOURCE, TWIN_SOURCE, Words, flags, ids, instants, spelled
from pacesetter.demo.world import World
from pacesetter.model.vocabularies import CHANNELS, EXCLUSIONS, OPENED_BY, TICKET_TYPES

_SUBJECTS = tuple(s for k in KINDS for s in k.subjects)
_SUBJECT_AT = np.cumsum([0] + [len(k.subjects) for k in KINDS])[:-1]
_TYPE_OF = np.array([TICKET_TYPES.index(k.type) for k in KINDS])
_SUBCATEGORIES = tuple(k.subcategory for k in KINDS)
_ON_SITE = np.array([k.on_site for k in KINDS])
_NOTES = tuple(n for c in CATEGORIES for n in RESOLUTION_NOTES[c]) + SHORT_NOTES
_NOTE_AT = np.cumsum([0] + [len(RESOLUTION_NOTES[c]) for c in CATEGORIES])
_EXCLUDED = {SPAM: "spam", MERGED: "merged", DELETED: "deleted", TEST: "test"}


def ticket_table(
    world: World, words: Words, levels: Levels, telling: Telling, told: Told, numbers: Ints, into: Ints
) -> pa.Table:
    """The canonical ticket rows of a settled batch; ``numbers`` are the tickets' own, ``into`` the merge targets'."""
    b, rng = telling.b, telling.rng
    resolved, response = _resolved_at(telling), _first_response(telling)
    return pa.table(
        {
            "ticket_id": ids("T", numbers, 8),
            **_asked(world, words, telling),
            **_now(world, words, telling),
            "first_response_at": instants(response),
            "resolved_at": instants(resolved),
            "closed_at": instants(_closed_at(telling)),
            "due_at": _due_at(world, levels, b),
            "promised_at": instants(told.promised),
            **_ending(b, telling, resolved, rng),
            **_verdicts(world, levels, telling, told, resolved, response),
            "excluded_as": _excluded(b),
            "merged_into": ids("T", into, 8),
            "source": spelled(b["twin"], (SOURCE, TWIN_SOURCE)),
        }
    )


def _asked(world: World, words: Words, telling: Telling) -> dict[str, pa.Array]:
    """What was asked for, by whom and how."""
    b = telling.b
    sites = np.array([c.sites for c in world.clients])
    first_site = (np.cumsum(sites) - sites)[b["client"]]
    site = first_site + np.maximum(b["contact"], 0) % sites[b["client"]]
    return {
        "client_id": spelled(b["client"], [c.client_id for c in world.clients]),
        "created_at": instants(b["created"]),
        "type": spelled(_TYPE_OF[b["kind"]], TICKET_TYPES),
        "subject": spelled(_SUBJECT_AT[b["kind"]] + b["subject"], _SUBJECTS),
        "channel": spelled(b["channel"], CHANNELS),
        "opened_by": spelled(b["opened"], OPENED_BY),
        "priority": spelled(b["priority"], PRIORITIES),
        "impact": spelled(np.minimum(b["priority"], 2), ("site", "department", "person")),
        "urgency": spelled(np.minimum(b["priority"], 2), ("high", "medium", "low")),
        "category": spelled(words.category + np.array(CATEGORY_OF)[b["kind"]], words.list),
        "subcategory": spelled(b["kind"], _SUBCATEGORIES),
        "contact_id": spelled(telling.contact, words.list),
        "site_id": spelled(np.where(b["contact"] >= 0, site, -1), _sites(world)),
        "offering_id": spelled(_offering(b), ("off-desk", "off-monitoring", "off-security")),
        "asset": _asset(world, b),
    }


def _now(world: World, words: Words, telling: Telling) -> dict[str, pa.Array]:
    """Status, team and technician as the log leaves them."""
    status, _ = telling.log.last(STATUS_FAMILY, "new", telling.n)
    holder, _ = telling.log.last(np.array([KIND["assignment"]]), "new", telling.n)
    return {
        "team_id": spelled(_team_now(world, words, telling), words.list),
        "technician_id": spelled(holder, words.list),
        "status": spelled(status, words.list),
    }


def _due_at(world: World, levels: Levels, b: Batch) -> pa.Array:
    """When the resolution was due as the source saw it at the start, without the pauses that came later; some were put off later."""
    due = world.due(b["client"], b["created"], levels.resolve_seconds(b | {"priority": b["priority_then"]}))
    due = np.where((b["extended_due"] >= 0) & (b["twin"] == 0), b["extended_due"], due)
    return instants(np.where(b["fate"] == WORKED, due, -1))


def _excluded(b: Batch) -> pa.Array:
    excluded = np.full(len(b["fate"]), -1)
    for code, name in _EXCLUDED.items():
        excluded = np.where(b["fate"] == code, EXCLUSIONS.index(name), excluded)
    return spelled(excluded, EXCLUSIONS)


def _team_now(world: World, words: Words, telling: Telling) -> Ints:
    log, b = telling.log, telling.b
    moved, found = log.last(np.array([KIND["team"], KIND["escalation"]]), "new", telling.n)
    first = np.where(b["fate"] == WORKED, words.team + b["team"][:, 0], -1)
    first = np.where(b["fate"] == AUTOMATIC, words.team + np.array([c.pod for c in world.clients])[b["client"]], first)
    return np.where(found, moved, first)


def _resolved_at(telling: Telling) -> Ints:
    """The last resolution that still stands."""
    log, n = telling.log, telling.n
    at, _ = log.last(np.array([KIND["resolved"], KIND["reopened"]]), "at", n)
    kind, _ = log.last(np.array([KIND["resolved"], KIND["reopened"]]), "kind", n)
    return np.where(kind == KIND["resolved"], at, -1)


def _closed_at(telling: Telling) -> Ints:
    at, _ = telling.log.last(np.array([KIND["closed"], KIND["reopened"]]), "at", telling.n)
    kind, _ = telling.log.last(np.array([KIND["closed"], KIND["reopened"]]), "kind", telling.n)
    return np.where(kind == KIND["closed"], at, -1)


def _first_response(telling: Telling) -> Ints:
    c, b = telling.log.columns, telling.b
    human = (c["kind"] == KIND["reply"]) & (c["actor_kind"] == TECHNICIAN) & (c["public"] == 1)
    first = telling.log.first(human, telling.n)
    return np.where((b["opened"] == BY_TECHNICIAN) & (b["fate"] == WORKED), b["created"], first)


def _ending(b: Batch, telling: Telling, resolved: Ints, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Resolution code and note, root cause, fix, and whether somebody was on site."""
    n, done = telling.n, resolved >= 0
    auto = b["fate"] == AUTOMATIC
    incident = _TYPE_OF[b["kind"]] == TICKET_TYPES.index("incident")
    code = np.where(auto, 4, np.searchsorted([0.78, 0.84, 0.93], rng.random(n)).clip(0, 3))
    category = np.array(CATEGORY_OF)[b["kind"]]
    room = _NOTE_AT[category + 1] - _NOTE_AT[category]
    note = _NOTE_AT[category] + (rng.random(n) * room).astype(np.int64)
    short = len(_NOTES) - len(SHORT_NOTES) + rng.integers(0, len(SHORT_NOTES), n)
    u = rng.random(n)
    note = np.where(u < 0.76, note, np.where(u < 0.9, short, -1))
    cause = np.where(rng.random(n) < 0.58, rng.integers(0, len(ROOT_CAUSES), n), -1)
    lasting = np.where(code == 2, 1, 0)
    on_site = rng.random(n) < _ON_SITE[b["kind"]]
    return {
        "resolution_code": spelled(np.where(done, code, -1), RESOLUTION_CODES),
        "resolution_note": spelled(np.where(done, note, -1), _NOTES),
        "root_cause": spelled(np.where(done & incident, cause, -1), ROOT_CAUSES),
        "fix": spelled(np.where(done & incident & (rng.random(n) < 0.85), lasting, -1), ("permanent", "workaround")),
        "on_site": flags(np.where(b["fate"] == WORKED, on_site.astype(np.int64), -1)),
    }


def _verdicts(
    world: World, levels: Levels, telling: Telling, told: Told, resolved: Ints, response: Ints
) -> dict[str, pa.Array]:
    """The source's own verdicts, with the errors of a source: one in a hundred is wrong."""
    b = telling.b
    waited = world.open_between(b["client"], b["created"], response)
    answered = np.where(response >= 0, waited <= levels.respond_seconds(b), -1)
    in_time = np.where((resolved >= 0) & (b["fate"] == WORKED), told.spent <= levels.resolve_seconds(b), -1)
    slip = telling.chance(0.01)
    once = (b["steps"] == 1) & ~told.reopened
    return {
        "reported_response_met": flags(np.where(slip & (answered >= 0), 1 - answered, answered)),
        "reported_resolution_met": flags(np.where(slip & (in_time >= 0), 1 - in_time, in_time)),
        "reported_first_contact": flags(np.where((resolved >= 0) & (b["fate"] == WORKED), once, -1)),
    }


def _offering(b: Batch) -> AnyArray:
    category = np.array([CATEGORIES[c] for c in CATEGORY_OF])[b["kind"]]
    return np.where(category == "security", 2, np.where(category == "monitoring", 1, 0))


def _sites(world: World) -> list[str]:
    return [f"{c.client_id}-s{i + 1}" for c in world.clients for i in range(c.sites)]


def _asset(world: World, b: Batch) -> pa.Array:
    """A laptop of the person who asked, or a host of the client."""
    people = len(world.contact_names)
    names = [f"LT-{i + 1:05d}" for i in range(people)]
    names += [f"SRV-{c.client_id}-{i + 1}" for c in world.clients for i in range(6)]
    host = people + 6 * b["client"] + b["created"] % 6
    machine = np.isin(
        np.array(CATEGORY_OF)[b["kind"]], [CATEGORIES.index(c) for c in ("server", "monitoring", "patching")]
    )
    return spelled(np.where(machine, host, np.where(b["contact"] >= 0, b["contact"], -1)), names)


def work_tables(
    world: World, telling: Telling, numbers: Ints, first_id: int, words: Words
) -> tuple[pa.Table, pa.Table, Floats]:
    """``time_entries`` of the steps, ``tool_uses`` on some of them, and the billable hours by client number."""
    b, rng = telling.b, telling.rng
    done = (b["start"] >= 0) & (b["end"] < world.as_of) & (np.arange(STEPS)[None, :] < b["steps"][:, None])
    ticket, step = np.nonzero(done)
    by, start = b["by"][ticket, step], b["start"][ticket, step]
    minutes = np.ceil((b["end"][ticket, step] - start) / 60)
    types, kind = np.array([k.type == "request" for k in KINDS]), b["kind"][ticket]
    clients = [c.client_id for c in world.clients]
    billable = types[kind] & (rng.random(len(ticket)) < 0.35)
    hours = np.bincount(b["client"][ticket], minutes * billable, minlength=len(clients)) / 60
    entries = pa.table(
        {
            "entry_id": ids("W", np.arange(first_id, first_id + len(ticket)), 10),
            "technician_id": spelled(words.technician + by, words.list),
            "started_at": instants(start),
            "duration_minutes": pa.array(minutes, pa.float64()),
            "ticket_id": ids("T", numbers[ticket], 8),
            "client_id": spelled(b["client"][ticket], clients),
            "is_billable": pa.array(billable),
            "work_type": spelled(np.zeros(len(ticket), np.int64), ("ticket",)),
        }
    )
    uses = rng.random(len(ticket)) < 0.12
    tools = pa.table(
        {
            "technician_id": spelled(words.technician + by[uses], words.list),
            "used_at": instants(start[uses] + 5),
            "tool": spelled(
                rng.integers(0, 3, int(uses.sum())), ("remote control", "script library", "knowledge base")
            ),
            "ticket_id": ids("T", numbers[ticket[uses]], 8),
        }
    )
    return entries, tools, hours
