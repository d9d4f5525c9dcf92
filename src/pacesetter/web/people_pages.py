"""The pages of people and access, for administrators: who may sign in, with which roles over whom, why, and until when.

Owns the forms. What a grant may be is for ``access.people`` to say; that a name of a client, team or technician exists is checked here,
where the records can be read.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit, directory, people, second_factor
from pacesetter.access.identities import unlink
from pacesetter.access.people import Grants
from pacesetter.access.roles import Permission
from pacesetter.access.sessions import end_sessions, living_sessions
from pacesetter.access.tables import Grant, Person
from pacesetter.access.tokens import living_tokens, revoke_token
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts, Serving, desk_of
from pacesetter.catalogue.periods import parse_day
from pacesetter.errors import BadRequest, BadWorkspace
from pacesetter.reports.labels import Labels, read_labels
from pacesetter.web import forms
from pacesetter.web.rendering import pages_of

router = APIRouter(prefix="/people", include_in_schema=False)
Field = Annotated[str, Form(max_length=300)]
Number = Annotated[int, Form(ge=1, le=2**31 - 1)]
Names = Annotated[list[str] | None, Form(max_length=1000)]
_KNOWN = (("client", "clients"), ("team", "teams"), ("technician", "technicians"))


def administrator(asking: Asking) -> Caller:
    """The caller, who may administer. Raises Forbidden for anybody else."""
    asking.scope.need(Permission.ADMINISTER, "people and access")
    return asking


Administrator = Annotated[Caller, Depends(administrator)]


@dataclass(frozen=True)
class GrantForm:
    """A grant as a form asks for it."""

    role: str
    reason: str
    until: str
    clients: list[str]
    teams: list[str]
    extra: list[str]

    def grants(self, zone: ZoneInfo, labels: Labels) -> Grants:
        """What is to be granted. Raises BadRequest for a name that the records do not have, or without a reason."""
        if not self.reason.strip():
            raise BadRequest("a grant has a reason", do="say why")
        for dimension, ids in (("client", self.clients), ("team", self.teams)):
            check_known(labels, dimension, ids)
        ends_at = None
        if self.until:
            day = parse_day(self.until, "until") + timedelta(days=1)
            ends_at = datetime(day.year, day.month, day.day, tzinfo=zone)
        return Grants(
            role=self.role, clients=self.clients or None, teams=self.teams or None, extra=self.extra,
            reason=self.reason, ends_at=ends_at,
        )  # fmt: skip


def grant_form(
    role: Field, reason: Field, until: Annotated[str, Form(max_length=10)] = "", clients: Names = None, teams: Names = None,
    extra: Names = None,
) -> GrantForm:  # fmt: skip
    """The fields of a grant, in any of the forms that have them; what was left empty names nothing."""
    several = ([one for one in names or [] if one] for names in (clients, teams, extra))
    return GrantForm(role, reason, until, *several)


AsForm = Annotated[GrantForm, Depends(grant_form)]


def check_known(labels: Labels, dimension: str, ids: Sequence[str]) -> None:
    """Raise BadRequest for an id that the records do not have; a typing error would let nobody see anything."""
    known = labels.names.get(dimension, {})
    for one in ids:
        if known and one not in known:
            raise BadRequest(f"the records have no {dimension} '{one}'", do="choose one of the list")


def labels_of(parts: Serving, asking: Caller) -> Labels:
    """The names of clients, teams and technicians; none before the first import."""
    with suppress(BadWorkspace), desk_of(parts, asking) as opened:
        return read_labels(opened.desk, "client", "team", "technician")
    return Labels({})


def _choices(parts: Serving, asking: Caller) -> dict[str, Any]:
    labels = labels_of(parts, asking)
    names = {several: dict(labels.names.get(one, {})) for one, several in _KNOWN}
    return names | {"labels": labels, "tomorrow": (clock.now() + timedelta(days=1)).date()}


@router.get("")
def everybody(request: Request, parts: Parts, asking: Administrator, q: str = "") -> Response:
    """Everybody who may sign in."""
    return _list(request, parts, asking, q[:100])


def _list(request: Request, parts: Serving, asking: Caller, q: str = "", error: str = "", **typed: Any) -> Response:
    with parts.work() as work:
        found = directory.everybody(work, q)
    values = {"title": "People and access", "found": found, "q": q, "error": error, "typed": typed}
    return pages_of(request).render(
        request, "people.html", asking, values | _choices(parts, asking), 400 if error else 200
    )


@router.post("")
def add(
    request: Request, parts: Parts, asking: Administrator, token: Field, asked: AsForm, email: Field, name: Field = "",
    technician: Field = "",
) -> Response:  # fmt: skip
    """Let somebody in with a first role; the page that follows shows their one-time link, once."""
    forms.check_session_form(request, asking, token)
    labels = labels_of(parts, asking)
    try:
        check_known(labels, "technician", [technician] if technician else [])
        grants = asked.grants(ZoneInfo(parts.workspace.settings.time_zone), labels)
        with parts.work() as work:
            person, secret = people.add_person(
                work, email, name, grants, by=asking.standing.email, technician_id=technician or None
            )
    except BadRequest as refused:
        return _list(request, parts, asking, error=refused.line(), email=email, name=name, reason=asked.reason)
    return _person(request, parts, asking, person.id, link=_address(request, parts, secret))


def _address(request: Request, parts: Serving, secret: str) -> str:
    own = parts.workspace.settings.address or f"{request.url.scheme}://{request.url.netloc}"
    return f"{own.rstrip('/')}/welcome/{quote(secret)}"


@router.get("/{person_id}")
def person(request: Request, parts: Parts, asking: Administrator, person_id: int) -> Response:
    """One person: roles, how they sign in, where they are signed in, what was done about them."""
    return _person(request, parts, asking, person_id)


def _person(
    request: Request, parts: Serving, asking: Caller, person_id: int, error: str = "", link: str = ""
) -> Response:
    with parts.work() as work:
        found = directory.one_person(work, person_id)
        if found is None:
            raise NotFound("there is no such person")
        about = audit.Search(about=found.person.email)
        values = {
            "title": "People and access", "one": found, "error": error, "link": link,
            "sessions": living_sessions(work, person_id), "tokens": living_tokens(work, person_id),
            "lines": [e for e in audit.search(work, about, 40) if e.about == found.person.email][:20],
            "browser_name": forms.browser_name, "is_self": asking.standing.person_id == person_id,
        }  # fmt: skip
    return pages_of(request).render(
        request, "person.html", asking, values | _choices(parts, asking), 400 if error else 200
    )


def _do(
    request: Request, parts: Serving, asking: Caller, token: str, person_id: int, deed: Callable[[Work, Person], Any]
) -> Response:
    """Do something about a person, and show them again; a refusal stands on their page."""
    forms.check_session_form(request, asking, token)
    try:
        with parts.work() as work:
            about = work.get(Person, person_id)
            if about is None:
                raise NotFound("there is no such person")
            deed(work, about)
    except NotFound:
        raise
    except BadRequest as refused:
        return _person(request, parts, asking, person_id, refused.line())
    return RedirectResponse(f"/people/{person_id}", 303)


@router.post("/{person_id}/grants")
def give(
    request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field, asked: AsForm
) -> Response:
    """Give a person a role."""
    zone, labels = ZoneInfo(parts.workspace.settings.time_zone), labels_of(parts, asking)
    return _do(
        request, parts, asking, token, person_id,
        lambda work, about: people.grant(work, about, asked.grants(zone, labels), by=asking.standing.email),
    )  # fmt: skip


@router.post("/{person_id}/grants/end")
def take(request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field, id: Number) -> Response:
    """End one grant."""

    def deed(work: Work, about: Person) -> None:
        held = work.get(Grant, id)
        if held is None or held.person_id != about.id:
            raise BadRequest("there is no such grant")
        people.revoke(work, about, held.role, by=asking.standing.email, only=held.id)

    return _do(request, parts, asking, token, person_id, deed)


@router.post("/{person_id}/link")
def fresh_link(request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field) -> Response:
    """A new one-time link, shown once; older ones stop working."""
    forms.check_session_form(request, asking, token)
    with parts.work() as work:
        about = work.get(Person, person_id)
        if about is None:
            raise NotFound("there is no such person")
        by = asking.standing.email
        secret = people.new_link(work, about, by=by) if about.disabled_at is None else None
    if secret is None:
        return _person(request, parts, asking, person_id, "this person is disabled; let them in again first")
    return _person(request, parts, asking, person_id, link=_address(request, parts, secret))


@router.post("/{person_id}/disable")
def disable(request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field) -> Response:
    """Let a person in no more."""

    def deed(work: Work, about: Person) -> None:
        if about.id == asking.standing.person_id:
            raise BadRequest("this is you", do="let another administrator do it")
        people.disable(work, about, by=asking.standing.email)

    return _do(request, parts, asking, token, person_id, deed)


@router.post("/{person_id}/enable")
def enable(request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field) -> Response:
    """Let a person in again."""
    by = asking.standing.email
    return _do(request, parts, asking, token, person_id, lambda work, about: people.enable(work, about, by=by))


@router.post("/{person_id}/sessions/end")
def end(
    request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field, id: Annotated[str, Form()] = ""
) -> Response:
    """End one session of a person, or all."""
    only = int(id) if id.isascii() and id.isdigit() and len(id) < 10 else None
    by = asking.standing.email
    return _do(
        request, parts, asking, token, person_id, lambda work, about: end_sessions(work, about.id, by=by, only=only)
    )


@router.post("/{person_id}/tokens/revoke")
def revoke(request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field, id: Number) -> Response:
    """Revoke a token of a person."""
    by = asking.standing.email
    return _do(request, parts, asking, token, person_id, lambda work, about: revoke_token(work, about.id, id, by=by))


@router.post("/{person_id}/second-factor/remove")
def lost(request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field) -> Response:
    """Take away the second factor of a person who lost it."""
    by = asking.standing.email
    return _do(
        request, parts, asking, token, person_id, lambda work, about: second_factor.take_away(work, about, by=by)
    )


@router.post("/{person_id}/identities/unlink")
def forget(request: Request, parts: Parts, asking: Administrator, person_id: int, token: Field) -> Response:
    """Forget under which name a provider knows a person."""
    by = asking.standing.email
    return _do(request, parts, asking, token, person_id, lambda work, about: unlink(work, about, by=by))
