"""What time it is. The only module that asks; everything else is told.

``PACESETTER_NOW`` (ISO 8601 with offset or ``Z``) fixes the answer, for tests and for reproducible builds.
"""

import os
from datetime import UTC, datetime

from pacesetter.errors import BadRequest


def now() -> datetime:
    """The present instant, aware, in UTC, to the second."""
    fixed = os.environ.get("PACESETTER_NOW")
    if not fixed:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        instant = datetime.fromisoformat(fixed)
    except ValueError:
        raise BadRequest(
            f"'{fixed}' is not an instant", where="PACESETTER_NOW", do="write 2026-10-01T08:00:00Z"
        ) from None
    if instant.tzinfo is None:
        raise BadRequest(f"'{fixed}' has no offset", where="PACESETTER_NOW", do="add Z or an offset such as +02:00")
    return instant.astimezone(UTC).replace(microsecond=0)
