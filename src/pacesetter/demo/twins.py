"""The same case in the other party's system: copies of tickets of co-managed clients, told by another hand.

Owns how the client's own log differs (created later, pauses that it does not know, resolved later) and the list of it.
"""

import numpy as np

from pacesetter.demo.arrays import Batch, Flags, Ints, chosen
from pacesetter.demo.plans import ASIDE, BY_REQUESTER, PORTAL, REQUESTER, STEPS, WORKED
from pacesetter.demo.staff import FIRST_INTERNAL
from pacesetter.demo.words import ids
from pacesetter.demo.world import World

_SHARE = 0.3
LATE, LAG, PAUSE = range(3)
CAUSES = ("created late", "status lag", "other pause")
"""How a copy differs: it was written down later, resolved later, or does not know the pauses. Each in one way only."""


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
    late, hit, slow, blind = rng.integers(120, 2400, n), rng.random(n), rng.integers(600, 14_400, n), rng.random(n)
    rows = np.arange(n)
    mine = np.arange(STEPS)[None, :] < twin["steps"][:, None]
    asked = mine & (twin["gap"] == REQUESTER)
    late = np.minimum(late, twin["start"][:, 0] - twin["created"] - 1)
    cause = np.where((blind < 0.5) & asked.any(axis=1), PAUSE, np.where((hit < 0.4) | (late < 120), LAG, LATE))
    twin["cause"] = cause
    twin["created"] = twin["created"] + np.where(cause == LATE, late, 0)
    ended = twin["end"][rows, twin["steps"] - 1].copy()
    twin["end"][rows, twin["steps"] - 1] += np.where(cause == LAG, slow, 0)
    twin["gap"] = np.where((cause == PAUSE)[:, None] & asked, ASIDE, twin["gap"])
    twin["cause_from"] = np.where(cause == LATE, twin["created"] - late, np.where(cause == LAG, ended, twin["created"]))
    twin["cause_to"] = np.where(cause == LATE, twin["created"], np.where(cause == LAG, ended + slow, ended))
    twin["opened"], twin["channel"] = np.full(n, BY_REQUESTER), np.full(n, PORTAL)
    twin["article"], twin["parent"] = np.full(n, -1), np.full(n, -1)
    twin["stuffed"] = np.zeros(n, bool)
    twin["twin"] = np.ones(n, np.int64)
    return twin


def planted(twin: Batch, ours: Ints) -> list[dict[str, object]]:
    """The truth about copies: our ticket, the copy, the cause by which they differ, and when (epoch seconds)."""
    names = ids("T", ours, 8).to_pylist(), ids("T", twin["number"], 8).to_pylist()
    return [
        {"ticket_id": mine, "twin_id": copy, "cause": CAUSES[cause], "from_s": start, "to_s": end}
        for mine, copy, cause, start, end in zip(
            *names, twin["cause"].tolist(), twin["cause_from"].tolist(), twin["cause_to"].tolist(), strict=True
        )
    ]
