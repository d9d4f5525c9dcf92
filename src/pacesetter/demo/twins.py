"""The same case in the other party's system: copies of tickets of co-managed clients, told by a slower hand.

Owns how the client's own log differs: created later, pauses that it does not know, resolved later.
"""

import numpy as np

from pacesetter.demo.arrays import Batch, Flags, chosen
from pacesetter.demo.plans import ASIDE, BY_REQUESTER, PORTAL, REQUESTER, STEPS, WORKED
from pacesetter.demo.staff import FIRST_INTERNAL
from pacesetter.demo.world import World

_SHARE = 0.3


def twin_batch(world: World, batch: Batch, rng: np.random.Generator) -> Batch | None:
    """Copies of the finished tickets that internal IT had a hand in; ``number`` is still that of the original."""
    used = np.arange(STEPS)[None, :] < batch["steps"][:, None]
    ours: Flags = np.any((batch["team"] >= FIRST_INTERNAL) & used, axis=1)
    last = batch["end"][np.arange(len(ours)), (batch["steps"] - 1).clip(0)]
    pick: Flags = ours & batch["done"] & (batch["fate"] == WORKED) & (last >= 0) & (last < world.as_of - 4 * 86_400)
    pick = pick & (rng.random(len(ours)) < _SHARE)
    n = int(pick.sum())
    if not n:
        return None
    twin = chosen(batch, pick)
    late = rng.integers(120, 2400, n)
    for name in ("start", "end", "back"):
        twin[name] = np.where(twin[name] >= 0, twin[name] + late[:, None], twin[name])
    twin["created"] = twin["created"] + late
    rows = np.arange(n)
    slow = np.where(rng.random(n) < 0.4, rng.integers(600, 14_400, n), 0)
    twin["end"][rows, twin["steps"] - 1] += slow
    blind = rng.random(n) < 0.35
    twin["gap"] = np.where(blind[:, None] & (twin["gap"] == REQUESTER), ASIDE, twin["gap"])
    twin["opened"], twin["channel"] = np.full(n, BY_REQUESTER), np.full(n, PORTAL)
    twin["article"], twin["parent"] = np.full(n, -1), np.full(n, -1)
    twin["stuffed"] = np.zeros(n, bool)
    twin["twin"] = np.ones(n, np.int64)
    return twin
