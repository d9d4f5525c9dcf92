"""The test behind the integrity signs: Fisher's exact test, one-sided, and Benjamini and Hochberg's bound on false alarms.

Owns the arithmetic; sources: R. A. Fisher, "The Logic of Inductive Inference", 1935; Y. Benjamini and Y. Hochberg, "Controlling the False
Discovery Rate", 1995. The exact test holds its level for any size of sample; for small ones it errs on the side of silence.
"""

from collections.abc import Sequence
from math import exp, lgamma


def exceeds_by_chance(cases: int, moments: int, other_cases: int, others: int) -> float:
    """The probability of so many cases or more among ``moments`` if cases fall on moments and others alike (hypergeometric)."""
    drawn, marked, whole = moments, cases + other_cases, moments + others
    if cases <= max(0, drawn + marked - whole):
        return 1.0
    denominator = _log_choose(whole, drawn)
    terms = (
        exp(_log_choose(marked, k) + _log_choose(whole - marked, drawn - k) - denominator)
        for k in range(cases, min(drawn, marked) + 1)
    )
    return min(1.0, sum(terms))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """The smallest rate of false alarms at which each of the comparisons would be put up, in the order given."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    found, least = [1.0] * len(p), 1.0
    for rank in range(len(p), 0, -1):
        i = order[rank - 1]
        least = min(least, p[i] * len(p) / rank)
        found[i] = least
    return found
