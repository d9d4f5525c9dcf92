"""What a client is worth until it leaves: by formula and by survival curve.

Owns ``lifetime_value``. The survival curve is Kaplan–Meier over tenures, with clients that are still there as
censored; its area up to the longest tenure seen is the mean tenure within that horizon, so the estimate leans low. Must not know SQL.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question, Told
from pacesetter.catalogue.methods.survival import curve_of

MONTH_S = 365.25 * 86_400 / 12


def lifetime_value(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, list[Outcome]]:
    """Columns: is_client, tenure seconds, ended, in_base, was_lost, monthly revenue, revenue, cost of goods sold, and the currency that
    has no rate (empty where there is one). Monthly revenue is NaN without an agreement in force, tenure where its beginning is unknown."""
    return {g: _outcomes(columns, question.months) for g, columns in groups.items()}


def _outcomes(columns: Columns, months: float) -> list[Outcome]:
    is_client, tenure, ended, in_base, was_lost, monthly, revenue, cogs, lacking = columns
    clients = is_client == 1
    n = int(clients.sum())
    if unknown := sorted({c for c in lacking.tolist() if c}):
        reason = f"amounts in {' and '.join(unknown)} have no exchange rate on their day"
        return [Outcome(statistic=s, value=None, n=n, reason=reason, unit="currency") for s in ("formula", "survival")]
    paying = clients & ~np.isnan(monthly)
    income, cost = float(np.nansum(revenue)), float(np.nansum(cogs))
    if not paying.any() or income <= 0:
        reason = "no denominator: no client with an agreement in force, or no revenue in the period"
        return [Outcome(statistic=s, value=None, n=n, reason=reason, unit="currency") for s in ("formula", "survival")]
    worth = float(monthly[paying].mean()) * (1 - cost / income)
    base, lost = float(in_base[clients].sum()), float(was_lost[clients].sum())
    churn = lost / base / months if base and months > 0 else 0.0
    formula = (
        Outcome(statistic="formula", value=worth / churn, n=n, numerator=worth, denominator=churn, unit="currency")
        if churn
        else Outcome(statistic="formula", value=None, n=n, numerator=worth, denominator=0.0, unit="currency",
                     reason="no denominator: no client was lost in the period, so the formula has no end")
    )  # fmt: skip
    return [formula, _survival(tenure[clients] / MONTH_S, ended[clients], worth, n)]


def _survival(tenure: NDArray[Any], ended: NDArray[Any], worth: float, n: int) -> Outcome:
    known = tenure > 0
    if not known.any():
        return Outcome(statistic="survival", value=None, n=n, reason="no tenure to count from", unit="currency")
    curve = curve_of(tenure[known], ended[known])
    area = _area(curve.times, curve.shares)
    low, high = sorted((_area(curve.times, curve.low), _area(curve.times, curve.high)))
    ends = sorted((worth * low, worth * high))
    return Outcome(
        statistic="survival", value=worth * area, n=n, numerator=worth, denominator=1.0, ci=(ends[0], ends[1]),
        unit="currency",
        extra={"mean_tenure_months": area, "horizon_months": float(curve.times[-1]), "left": int(ended[known].sum())},
    )  # fmt: skip


def _area(times: NDArray[Any], survival: NDArray[Any]) -> float:
    """The area under a step function that holds each value until the next time."""
    return float((np.diff(times) * survival[:-1]).sum())


def _told(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, Columns]:
    """By row: the calendar months of the period, of which the churn is one month's."""
    return {group: (np.full(len(columns[0]), question.months),) for group, columns in groups.items()}


METHODS = {"lifetime_value": lifetime_value}
TOLD = {"lifetime_value": Told(columns=("months",), of=_told, statistics=("survival",))}
