"""The file of a what-if: which tickets, and what is to be different for them.

Owns the shape of the TOML and its messages. Must not know the warehouse. docs/how-to/ask-what-if.md describes every key.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pacesetter.errors import BadDefinition, UnreadableFile

Clock = Literal["respond", "plan", "update", "resolve"]
Pause = Literal["waiting_requester", "waiting_vendor", "scheduled"]
PAUSES: tuple[Pause, ...] = ("waiting_requester", "waiting_vendor", "scheduled")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetRule(_Strict):
    """A target; the most specific of priority and type wins, as in ``sla_targets``."""

    clock: Clock
    minutes: float = Field(ge=0, le=60 * 24 * 3660)
    hours: Literal["business", "calendar"] = "business"
    priority: str | None = None
    type: str | None = None


class ExceptionRule(_Strict):
    """A day of a calendar that differs from the week; no hours: closed."""

    day: date
    hours: str | None = None
    name: str | None = None


class CalendarRule(_Strict):
    """A calendar that the workspace does not have, in the words of ``calendars``."""

    time_zone: str
    hours: str
    holidays: str | None = None
    exceptions: tuple[ExceptionRule, ...] = ()


class PolicyRule(_Strict):
    """What is to be different for the tickets of some policies or clients; what is left out stays as it is.

    ``targets`` replace all targets of the clocks that they name; ``scale`` multiplies the others. ``pauses`` says, by clock, in which
    phases it stands still.
    """

    name: str = ""
    policies: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    calendar: str | None = None
    on_reopen: Literal["resume", "restart"] | None = None
    on_priority_change: Literal["retarget", "keep", "restart"] | None = None
    pauses: Mapping[Clock, tuple[Pause, ...]] = Field(default_factory=dict)
    scale: float | None = Field(default=None, gt=0, le=100)
    targets: tuple[TargetRule, ...] = ()

    @field_validator("pauses")
    @classmethod
    def _no_pause_of_respond(cls, value: Mapping[Clock, tuple[Pause, ...]]) -> Mapping[Clock, tuple[Pause, ...]]:
        if value.get("plan") and "scheduled" in value["plan"]:
            raise ValueError("the plan clock ends when a date is set: it cannot pause in 'scheduled'")
        return value

    @model_validator(mode="after")
    def _changes_something(self) -> "PolicyRule":
        seen = [(t.clock, t.priority, t.type) for t in self.targets]
        if len(set(seen)) != len(seen):
            raise ValueError("two targets are for the same clock, priority and type")
        asked = (self.calendar, self.on_reopen, self.on_priority_change, self.scale)
        if not (any(a is not None for a in asked) or self.pauses or self.targets):
            raise ValueError(
                "nothing is different: give targets, scale, calendar, pauses, on_reopen or on_priority_change"
            )
        return self


class WhatIf(_Strict):
    """A whole file: rules in order (the first that fits a ticket holds) and calendars by id."""

    name: str = ""
    policy: tuple[PolicyRule, ...] = Field(min_length=1)
    calendars: Mapping[str, CalendarRule] = Field(default_factory=dict)


def read_what_if(path: Path) -> WhatIf:
    """The what-if in a TOML file. Raises UnreadableFile or BadDefinition with file, place and what is wrong."""
    try:
        return WhatIf.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror})", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDefinition(f"not valid TOML ({error})", where=str(path)) from None
    except ValidationError as error:
        raise BadDefinition(_complaint(error), where=str(path), do="docs/how-to/ask-what-if.md has every key") from None


def _complaint(error: ValidationError) -> str:
    """The first complaint as ``policy[1].targets[2].clock: what is wrong``, counted from 1."""
    first = error.errors(include_url=False)[0]
    place = ""
    for part in first["loc"]:
        place += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if place else ''}{part}"
    what = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    return f"{place}: {what}" if place else what
