"""What else is done to a generation before it becomes current: steps that higher layers add.

Owns the list of the steps. Must not know what a step does.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pacesetter.warehouse.workspace import Generation, Workspace


@dataclass(frozen=True)
class Finished:
    """What a step gets: the generation with its facts, not yet current (``ws`` still reads the one before). ``changed`` names the table of
    the tickets (``ticket_key``) whose facts were derived anew, None where all were."""

    ws: Workspace
    generation: Generation
    changed: str | None
    progress: Callable[[str, float | None], None]


Step = Callable[[Finished], None]
_STEPS: list[Step] = []


def add_step(step: Step) -> None:
    """Have ``step`` done to every generation that this program builds from now on."""
    if step not in _STEPS:
        _STEPS.append(step)


def finish(done: Finished) -> None:
    """Do all steps, in the order in which they were added."""
    for step in _STEPS:
        step(done)
