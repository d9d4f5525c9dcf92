"""A workspace's settings, read from ``pacesetter.toml``.

Owns the file's shape and its messages. Must not know the warehouse or anything above it.
"""

import tomllib
from pathlib import Path
from typing import Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pacesetter.access_settings import MailSettings, SignInSettings
from pacesetter.errors import BadDefinition

FILE_NAME = "pacesetter.toml"


RequiredField = Literal[
    "category", "priority", "team", "technician", "contact", "time", "type", "channel", "site", "offering", "asset", "subcategory",
    "impact", "urgency", "resolution_code", "resolution_note", "root_cause", "fix",
]  # fmt: skip
"""What ``record_completeness`` may ask of a closed ticket; ``time`` is any time logged."""


class RuleSettings(BaseModel):
    """The choices that the KPI catalogue leaves to a workspace (``[rules]``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_contact_window_days: float = Field(default=7, gt=0, le=365)
    repeat_window_days: float = Field(default=30, gt=0, le=365)
    contact_gap_minutes: float = Field(default=10, ge=0, le=1440)
    not_first_contact_types: tuple[str, ...] = ()
    not_first_contact_categories: tuple[str, ...] = ()
    usable_note_length: int = Field(default=20, ge=1)
    boilerplate_notes: tuple[str, ...] = ("done", "fixed", "resolved", "closed", "ok", "n/a")
    small_effort_minutes: float = Field(default=30, gt=0)
    at_risk_hours: float = Field(default=8, gt=0)
    shared_cost_key: Literal["hours", "tickets", "seats", "revenue"] = "hours"
    required_fields: tuple[RequiredField, ...] = Field(
        default=("category", "priority", "team", "technician", "contact", "time"), min_length=1
    )


class StatementSettings(BaseModel):
    """What a statement for a client tells (``[statements]``). Without ``technician_names`` technicians are ids."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    technician_names: bool = False


class TwinKey(BaseModel):
    """Where the same case in the other party's system is found (``[[two_clocks.keys]]``): ``column`` of tickets of ``source`` holds what
    ``other_column`` of tickets of ``other_source`` holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    column: str
    other_source: str
    other_column: str = "ticket_id"


class TwoClockSettings(BaseModel):
    """Whose system is whose (``[two_clocks]``). ``client_sources`` are the sources that the clients run; ``keys`` say which tickets are the
    same case where no link does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_sources: tuple[str, ...] = ()
    keys: tuple[TwinKey, ...] = ()


class Settings(BaseModel):
    """Everything in ``pacesetter.toml``. ``calendar`` is the calendar that serves where no other applies, ``address`` where people reach
    the web application (``https://desk.example.org``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "Pacesetter workspace"
    time_zone: str = "UTC"
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    locale: str = "en"
    calendar: str | None = None
    simulated: bool = False
    address: str | None = Field(default=None, pattern=r"^https?://[^/\s]+(/[^\s]*)?$")
    rules: RuleSettings = RuleSettings()
    sign_in: SignInSettings = SignInSettings()
    mail: MailSettings | None = None
    statements: StatementSettings = StatementSettings()
    two_clocks: TwoClockSettings = TwoClockSettings()

    @model_validator(mode="after")
    def _mail_knows_the_address(self) -> "Settings":
        if self.mail is not None and self.address is None:
            raise ValueError('[mail] needs an address for its links; write address = "https://desk.example.org"')
        return self

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"'{value}' is not an IANA time zone; write one such as Europe/Berlin")
        return value


def read_settings(folder: Path) -> Settings:
    """The settings of the workspace in ``folder``.

    Raises BadDefinition with the file, the key and the mend where the file cannot be read.
    """
    path = folder / FILE_NAME
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDefinition(f"not valid TOML ({error})", where=str(path)) from None
    except ValidationError as error:
        raise BadDefinition(settings_complaint(error), where=str(path)) from None


def settings_complaint(error: ValidationError) -> str:
    """The first complaint of a validation as ``key: what is wrong``."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    message = "unknown setting" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def settings_text(settings: Settings) -> str:
    """A new ``pacesetter.toml`` with the choices that people change most."""
    lines = [
        "# Settings of this Pacesetter workspace.",
        f"name = {_quoted(settings.name)}",
        f"time_zone = {_quoted(settings.time_zone)}  # periods are cut at midnight of this zone",
        f"currency = {_quoted(settings.currency)}  # amounts without a currency are in this one",
        f"locale = {_quoted(settings.locale)}",
    ]
    if settings.calendar:
        lines.append(f"calendar = {_quoted(settings.calendar)}  # serves where no policy, client or team names one")
    if settings.simulated:
        lines.append("simulated = true  # the data are invented, and every page says so")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
