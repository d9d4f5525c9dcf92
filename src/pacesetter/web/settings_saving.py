"""The making of a change: one thread writes it while the reader's request waits a little, and then the page says how far it is.

Owns the thread, the beat that shows that it lives, and what becomes of a change whose program was stopped. Must not know forms.
"""

import logging
import threading
from dataclasses import dataclass, field

from fastapi.responses import RedirectResponse, Response

from pacesetter.access import edits
from pacesetter.api.serving import Caller, Serving
from pacesetter.errors import PacesetterError
from pacesetter.insight.changes import Proposal, guard_of
from pacesetter.insight.changes.record import BadField
from pacesetter.warehouse.editing import apply_edit, was_applied

PATIENCE_S = 8.0
"""So long a request waits for its change; then its page tells of the progress."""
_BEAT_S = 3.0
_log = logging.getLogger("pacesetter.edits")


@dataclass
class _Made:
    """A change while it is made."""

    number: int
    step: str = "waiting for its turn"
    refused: PacesetterError | None = None
    over: threading.Event = field(default_factory=threading.Event)


def save(parts: Serving, asking: Caller, proposal: Proposal, seen: str, back: str) -> Response:
    """Make a change and lead back to its page, or to the page of its progress where it takes long.

    Raises BadField where it changes nothing, and what the writing refuses (EditRefused, EditedMeanwhile, Busy).
    """
    if proposal.changes_nothing:
        raise BadField({"": "nothing is different from what stands now"})
    with parts.work() as work:
        number = edits.begin(work, asked_by(asking, proposal, back)).id
    made = _Made(number)
    threading.Thread(target=_make, args=(parts, proposal, seen, made), name=f"edit-{number}").start()
    made.over.wait(PATIENCE_S)
    if not made.over.is_set():
        return RedirectResponse(f"/settings/changes/{number}", 303)
    if made.refused is not None:
        raise made.refused
    return RedirectResponse(back_to(back, number), 303)


def asked_by(asking: Caller, proposal: Proposal, back: str) -> edits.Asked:
    """A proposal as the record of edits keeps it."""
    return edits.Asked(
        person_id=asking.standing.person_id, who=asking.standing.email, what=proposal.what, about=proposal.about,
        before=proposal.before, after=proposal.after, back=back,
    )  # fmt: skip


def back_to(back: str, number: int) -> str:
    """The page that a change was asked for on, with the number of the change that it is to tell of."""
    return f"{back}{'&' if '?' in back else '?'}done={number}"


def _make(parts: Serving, proposal: Proposal, seen: str, made: _Made) -> None:
    beat = threading.Thread(target=_beat, args=(parts, made), name=f"beat-{made.number}", daemon=True)
    beat.start()

    def tell(step: str, share: float | None) -> None:
        made.step = step

    try:
        apply_edit(
            parts.workspace, proposal.rows, remove=proposal.remove, guard=guard_of(proposal.watched, seen),
            mark=str(made.number), progress=tell,
        )  # fmt: skip
        with parts.work() as work:
            edits.finish(work, made.number)
    except PacesetterError as refused:
        made.refused = refused
        with parts.work() as work:
            edits.refuse(work, made.number, refused.line())
    except Exception:  # nobody waits for this thread: whatever it is, the change is told to have failed
        made.refused = PacesetterError("a fault of the program; nothing was changed")
        _log.exception("an edit failed", extra={"edit": made.number})
        with parts.work() as work:
            edits.refuse(work, made.number, made.refused.line())
    finally:
        made.over.set()
        beat.join(_BEAT_S)


def _beat(parts: Serving, made: _Made) -> None:
    while not made.over.wait(_BEAT_S):
        with parts.work() as work:
            edits.heard(work, made.number, made.step)


def settle_silent(parts: Serving) -> None:
    """Say of changes whose program was stopped whether they stand: what is in the current generation does, anything else does not."""
    with parts.work() as work:
        for edit in edits.silent(work):
            if was_applied(parts.workspace, str(edit.id)):
                edits.finish(work, edit.id)
            else:
                edits.refuse(
                    work, edit.id, "the program was stopped meanwhile, and nothing was changed; make it again", "lost"
                )
