"""A ticket's story as one JSON object, the same on the command line and over HTTP.

Owns its shape. Must not know faces, nor who may see what: the story that it is given was cut already.
"""

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from pacesetter.catalogue.answer import local_text
from pacesetter.insight.ticket_story import Story

_INSTANTS = ("at_s", "start_s", "end_s", "started_s", "valid_from_s", "superseded_s", "due_s", "stopped_s", "cancelled_s",
             "created_s", "responded_s", "promised_s", "as_of_s", "until_s")  # fmt: skip


def story_json(story: Story, zone: ZoneInfo) -> dict[str, Any]:
    """The story as one object; instants ``*_s`` become ``*_at`` in ISO 8601, seconds of durations stay."""

    def told(record: dict[str, Any]) -> dict[str, Any]:
        return {
            (f"{name.removesuffix('_s')}_at" if name in _INSTANTS else name).replace("at_at", "at"):
            (local_text(value, zone) if name in _INSTANTS and value is not None else value)
            for name, value in record.items()
        }  # fmt: skip

    shut = [{"from": local_text(a, zone), "to": local_text(b, zone)} for a, b in story.shut]
    return {
        **told(story.facts),
        "as_of": local_text(story.as_of_s, zone),
        "calendar": story.calendar,
        "events": [told(asdict(e)) for e in story.events],
        "holdings": [told(asdict(h)) for h in story.holdings],
        "clocks": [told(asdict(c)) for c in story.clocks],
        "shut": shut,
    }
