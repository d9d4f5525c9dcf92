"""API tokens: made once, shown once, kept as hashes, always with an end.

Owns their rules. A token carries one of its person's roles; what the person loses, the token loses.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.roles import Permission
from pacesetter.access.secrets import new_secret, secret_hash
from pacesetter.access.standing import Standing, narrowed, standings
from pacesetter.access.tables import Person, Token
from pacesetter.errors import BadRequest

PREFIX = "pace_"
LONGEST = timedelta(days=366)


def new_token(
    work: Work, standing: Standing, name: str, ends_at: datetime, clients: Sequence[str] | None = None
) -> str:
    """A token for that standing, perhaps for fewer clients; returns its text, which is shown this once.

    Raises Forbidden without the permission to export, BadRequest for an end that has passed or is over a year away.
    """
    standing.scope.need(Permission.EXPORT, "an API token")
    now = clock.now()
    if not name.strip():
        raise BadRequest("a token has a name", do="say what it is for")
    if not now < ends_at <= now + LONGEST:
        raise BadRequest("a token ends within a year", do="name a day between tomorrow and then")
    text = PREFIX + new_secret()
    work.add(
        Token(
            person_id=standing.person_id, name=name.strip()[:200], secret_hash=secret_hash(text), role=standing.role.id,
            clients=sorted(clients) if clients is not None else None, created_at=now, ends_at=ends_at,
        )
    )  # fmt: skip
    audit.note(work, standing.email, "token made", standing.email, after={"name": name, "ends_at": ends_at.isoformat()})
    return text


def standing_of_token(work: Work, text: str) -> Standing | None:
    """Whose token this is, in which role and reach; None where it is revoked, too old, or its person lost the role."""
    now = clock.now()
    token = work.scalar(select(Token).where(Token.secret_hash == secret_hash(text)))
    if token is None or token.revoked_at is not None or token.ends_at <= now:
        return None
    person = work.get(Person, token.person_id)
    held = standings(work, person) if person is not None else []
    standing = next((s for s in held if s.role.id == token.role), None)
    if standing is None:
        return None
    if token.used_at is None or now - token.used_at > timedelta(minutes=1):
        token.used_at = now
    return narrowed(standing, token.clients)


def living_tokens(work: Work, person_id: int) -> list[Token]:
    """A person's tokens that work, newest first."""
    rows = work.scalars(
        select(Token).where(Token.person_id == person_id, Token.revoked_at.is_(None)).order_by(Token.id.desc())
    )
    return [t for t in rows if t.ends_at > clock.now()]


def revoke_token(work: Work, person_id: int, token_id: int, *, by: str) -> None:
    """End one of a person's tokens. Raises BadRequest where it is none of theirs."""
    token = next((t for t in living_tokens(work, person_id) if t.id == token_id), None)
    if token is None:
        raise BadRequest("there is no such token of yours")
    token.revoked_at = clock.now()
    audit.note(work, by, "token revoked", work.get_one(Person, person_id).email, before={"name": token.name})
