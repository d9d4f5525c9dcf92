"""The few array words of the simulation: types, seeded generators, weighted draws and ticket batches.

Must not know what the numbers mean.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
AnyArray = npt.NDArray[Any]
Batch = dict[str, AnyArray]
"""One array per attribute, all of one length: the tickets of one slice."""

NEVER = np.int64(-1)
"""An instant that did not happen."""
FAR = np.int64(1) << 40
"""An instant later than every other."""


def generator(seed: int, *keys: int) -> np.random.Generator:
    """A random generator that depends on the seed and the keys alone (shard, slice, purpose)."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed & 0xFFFFFFFF, *keys])))


def weighted(rng: np.random.Generator, weights: Sequence[float] | Floats, n: int) -> Ints:
    """``n`` indexes drawn with the given weights."""
    edges = np.cumsum(np.asarray(weights, dtype=float))
    found: Ints = np.searchsorted(edges / edges[-1], rng.random(n), side="right")
    return np.minimum(found, len(edges) - 1)


def weighted_rows(rng: np.random.Generator, weights: Floats, rows: Ints) -> Ints:
    """One index per entry of ``rows``, drawn with the weights in that row of the matrix ``weights``."""
    edges = np.cumsum(weights, axis=1)
    edges /= edges[:, -1:]
    passed: Ints = np.sum(rng.random(len(rows))[:, None] >= edges[rows], axis=1)
    bounded: Ints = np.minimum(passed, weights.shape[1] - 1)
    return bounded


def lognormal(rng: np.random.Generator, median: AnyArray | float, sigma: AnyArray | float, n: int) -> Floats:
    """``n`` log-normal values with that median and that standard deviation of the logarithm."""
    return np.asarray(median * np.exp(np.asarray(sigma) * rng.standard_normal(n)), dtype=float)


def chosen(batch: Batch, keep: AnyArray) -> Batch:
    """The rows of a batch that a mask or an index array names."""
    return {name: column[keep] for name, column in batch.items()}


def joined(batches: Iterable[Batch]) -> Batch:
    """Batches below each other; all have the same attributes."""
    parts = list(batches)
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
