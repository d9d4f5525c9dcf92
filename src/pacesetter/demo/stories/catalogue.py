"""All planted stories in one list, with the parts of a given simulation.

Owns the list and who plays what. Must not know how a story is played.
"""

from datetime import UTC, datetime

from pacesetter.demo.outages import SERIES_CAUSE, service_id
from pacesetter.demo.shard import staffed_world
from pacesetter.demo.sizes import DEFAULT_AS_OF, DEFAULT_SEED, Size, size_named
from pacesetter.demo.staff import SYSTEMS
from pacesetter.demo.stories import (
    flood,
    leaving,
    mix,
    outage_series,
    ping_pong,
    shift,
    specialist,
    stuffing,
    two_speeds,
    wrong_role,
)
from pacesetter.demo.stories.cast import MIX_POD, PAUSE_POD, WRONG_ROLE_POD
from pacesetter.demo.stories.story import Parts, Story

STORIES: tuple[Story, ...] = tuple(
    module.STORY
    for module in (
        mix, two_speeds, specialist, ping_pong, stuffing, flood, shift, leaving, outage_series, wrong_role
    )
)  # fmt: skip


def parts_of(size: str | Size, seed: int = DEFAULT_SEED, as_of: datetime = DEFAULT_AS_OF) -> Parts:
    """The ids and dates of the parts in the simulation of that size, seed and as-of instant."""
    chosen = size_named(size) if isinstance(size, str) else size
    world, _, _ = staffed_world(chosen, seed, 0, as_of)
    clients = {c.part: c for c in world.clients if c.part != "plain"}
    parts: Parts = {part: c.client_id for part, c in clients.items()}
    stamps = {
        "mix_change": world.slices[world.cast.mix_change].start,
        "shift_start": world.slices[world.cast.shift_month].start,
        "shift_end": world.slices[world.cast.shift_month].end,
        "last_months": world.slices[max(0, len(world.slices) - 3)].start,
    }
    parts |= {name: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for name, at in stamps.items()}
    teams = {"mix_team": MIX_POD, "pause_team": PAUSE_POD, "wrong_role_team": WRONG_ROLE_POD, "systems": SYSTEMS}
    parts |= {name: world.teams[number].team_id for name, number in teams.items()}
    parts["specialist"] = world.technicians[world.specialist].technician_id
    parts["shift_month"] = parts["shift_start"][:7]
    parts["outage_cause"], parts["outage_service"] = SERIES_CAUSE, service_id(clients["outage_series"], 0)
    return parts
