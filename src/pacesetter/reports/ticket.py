"""A ticket's story as a scope may see it: whole, without the names of the service provider's people, or not at all.

Owns that masking. The story itself comes from ``insight.ticket_story``. Must not know faces.
"""

from dataclasses import replace

from pacesetter.access.roles import Permission
from pacesetter.access.scope import Scope
from pacesetter.catalogue.desk import Desk
from pacesetter.errors import BadRequest
from pacesetter.insight.ticket_story import ClockStretch, Holding, Story, TicketEvent, ticket_story

_NAMING_KINDS = ("assignment", "notification", "consultation")


def visible_story(desk: Desk, ticket_id: str) -> Story | None:
    """The story within the desk's scope; None for a ticket out of reach as for one that does not exist."""
    try:
        story = ticket_story(desk.evaluator.con, desk.scope, desk.settings, ticket_id, desk.as_of_s)
    except BadRequest:
        return None
    if not _reaches(desk.scope, story):
        return None
    return story if desk.scope.may(Permission.NAMES) else _unnamed(story)


def _reaches(scope: Scope, story: Story) -> bool:
    for own, name in ((scope.clients, "client"), (scope.teams, "team"), (scope.technicians, "technician")):
        if own is not None and story.facts[name] not in own:
            return False
    return True


def _unnamed(story: Story) -> Story:
    """The story without private notes and without the people of the service provider."""
    return replace(
        story,
        facts={**story.facts, "technician": None},
        events=tuple(_unnamed_event(e) for e in story.events if e.is_public or e.kind != "note"),
        holdings=tuple(replace(h, technician=None) for h in story.holdings),
    )


def _unnamed_event(e: TicketEvent) -> TicketEvent:
    actor = e.actor if e.actor_kind == "requester" else None
    named = e.kind in _NAMING_KINDS
    return replace(e, actor=actor, before=None if named else e.before, after=None if named else e.after)


def last_versions(story: Story) -> list[ClockStretch]:
    """What is known of each clock's cycle in the end."""
    return [c for c in story.clocks if c.superseded_s is None or c.superseded_s > story.as_of_s]


def held(story: Story) -> list[Holding]:
    """Neighbouring stretches that look the same as one."""
    found: list[Holding] = []
    for h in story.holdings:
        last = found[-1] if found else None
        if last and (last.phase, last.team, last.technician) == (h.phase, h.team, h.technician):
            found[-1] = replace(
                last,
                end_s=h.end_s,
                calendar_s=last.calendar_s + h.calendar_s,
                business_s=last.business_s + h.business_s,
            )
        else:
            found.append(h)
    return found
