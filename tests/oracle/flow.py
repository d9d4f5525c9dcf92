"""Volume and flow: what came in, what went out, what stands, what was escalated; and what people said."""

from collections.abc import Iterator

from oracle.reading import Cells, number, seconds
from oracle.story import Moment, Story
from oracle.world import Dimensions, Question, Row, World


def created(world: World, question: Question, part: str = "both") -> Iterator[Row]:
    """Tickets by creation; they carry what changes as of the as-of instant."""
    for story in world.stories:
        yield Row(story.id, story.created, world.dims(story, world.as_of), 1, world.out(story, question), part)


def resolved(world: World, question: Question, part: str = "both") -> Iterator[Row]:
    """Tickets by final resolution."""
    for story in world.stories:
        if end := story.resolved:
            yield Row(story.id, end.s, world.dims(story, end.s), 1, world.out(story, question), part)


def closed(world: World, question: Question, part: str = "both") -> Iterator[Row]:
    """Tickets by closure."""
    for story in world.stories:
        if end := story.closed:
            yield Row(story.id, end.s, world.dims(story, end.s), 1, world.out(story, question), part)


def created_and_closed(world: World, question: Question) -> Iterator[Row]:
    """Numerator: created; denominator: closed."""
    yield from created(world, question, "numerator")
    yield from closed(world, question, "denominator")


def resolved_and_created(world: World, question: Question) -> Iterator[Row]:
    """Numerator: resolved; denominator: created."""
    yield from resolved(world, question, "numerator")
    yield from created(world, question, "denominator")


def escalated_or_resolved(world: World, question: Question) -> Iterator[Row]:
    """Rows of tickets handled; those with value 1 are escalations. Tickets are counted once per period and group."""
    yield from (Row(r.id, r.at, r.dims, 0, r.reason) for r in resolved(world, question))
    for story in world.stories:
        for escalation in story.escalations:
            at = escalation.s
            yield Row(story.id, at, world.dims(story, at), 1, world.out(story, question))


def was_sent_back(world: World, story: Story, escalation: Moment) -> bool:
    """Whether the next change of team went to the tier that the escalation came from."""
    tier = world.context.tier(escalation.team_from)
    later = [h for h in story.handoffs if h.pos > escalation.pos]
    return bool(later) and tier is not None and world.context.tier(later[0].team_to) == tier


def bounces(world: World, question: Question) -> Iterator[Row]:
    """One row per escalation."""
    for story in world.stories:
        for escalation in story.escalations:
            at, back = escalation.s, was_sent_back(world, story, escalation)
            yield Row(f"{story.id}#{escalation.pos}", at, world.dims(story, at), back, world.out(story, question))


def standing(world: World, question: Question, start: int, end: int) -> Iterator[Row]:
    """Tickets open just before ``end``, or at the as-of second where that lies before; the value is the age."""
    second = min(end - 1, world.as_of)
    until = min(end, world.as_of)
    for story in world.stories:
        if story.open_at(second):
            dims = world.dims(story, second)
            yield Row(story.id, start, dims, until - story.created, world.out(story, question))


def _survey_row(world: World, question: Question, survey: Cells, at: int, value: float) -> Row:
    story = world.story_of.get(str(survey.get("ticket_id")))
    contact = world.contacts.get(str(survey.get("contact_id")))
    client = survey.get("client_id") or (story.ticket["client_id"] if story else None)
    client = client or (contact["client_id"] if contact else None)
    dims = Dimensions(world, story, world.as_of, {"client": client})
    return Row(str(survey["survey_id"]), at, dims, value, world.out(story, question, people=True))


def answered_at(world: World, survey: Cells) -> int | None:
    """The second of the answer, None where there is none yet or it says nothing."""
    if survey.get("answered_at") is None or survey.get("score") is None:
        return None
    at = seconds(str(survey["answered_at"]))
    return at if at <= world.as_of else None


def _answers(world: World, kind: str) -> Iterator[tuple[Cells, int, float]]:
    for survey in world.surveys(kind):
        at, score = answered_at(world, survey), number(survey.get("score"))
        if at is not None and score is not None:
            yield survey, at, score


def satisfied(world: World, question: Question) -> Iterator[Row]:
    """csat answers from 80 % of their scale on."""
    for survey, at, score in _answers(world, "csat"):
        good = 5 * score >= 4 * (number(survey.get("scale_max")) or 5)
        yield _survey_row(world, question, survey, at, good)


def scores(world: World, question: Question) -> Iterator[Row]:
    """csat scores, brought to a scale of five."""
    for survey, at, score in _answers(world, "csat"):
        yield _survey_row(world, question, survey, at, 5 * score / (number(survey.get("scale_max")) or 5))


def promoters(world: World, question: Question) -> Iterator[Row]:
    """nps answers: 1 for 9 and 10, -1 for 0 to 6."""
    for survey, at, score in _answers(world, "nps"):
        yield _survey_row(world, question, survey, at, (score >= 9) - (score <= 6))


def answered(world: World, question: Question) -> Iterator[Row]:
    """csat surveys by sending; 1 for those that were answered."""
    for survey in world.surveys("csat"):
        at = seconds(str(survey["sent_at"]))
        yield _survey_row(world, question, survey, at, answered_at(world, survey) is not None)
