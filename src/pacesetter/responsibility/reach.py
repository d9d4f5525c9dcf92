"""Which rows a scope reaches, as a condition on a relation's own columns.

Owns that text for the questions of this package, which read facts beside the evaluator. Must not know what is asked.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pacesetter.access.scope import Scope

Values = list[Any]


def within(scope: Scope, alias: str, *, clients: Iterable[str] | None = None) -> tuple[str, Values]:
    """A condition on ``client_id``, ``team_id`` and ``technician_id`` of a relation, with its values.

    ``clients`` narrows it further to some clients, all within reach where None.
    """
    texts, values = ["TRUE"], Values()
    for column, ids in (
        ("client_id", scope.clients),
        ("client_id", clients),
        ("team_id", scope.teams),
        ("technician_id", scope.technicians),
    ):
        if ids is not None:
            texts.append(f"list_contains(?, {alias}.{column})")
            values.append(sorted(ids))
    return " AND ".join(texts), values


def listed(column: str, ids: Sequence[str] | None) -> tuple[str, Values]:
    """A condition that a column is one of these, none where None."""
    return ("TRUE", []) if ids is None else (f"list_contains(?, {column})", [sorted(ids)])
