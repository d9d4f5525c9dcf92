"""Verifying: a statement held against itself, offline, with nothing but the file.

Three questions, in this order: is every byte the one that was sealed, and if not, which file and row differ; who signed the seal; and do
the rows give the figures. The first and the last are asked whatever the others say. Must not know the command line.
"""

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pacesetter import __version__
from pacesetter.errors import PacesetterError, UnreadableFile
from pacesetter.responsibility.statements import format as f
from pacesetter.responsibility.statements.changes import Earlier, changes_between, unpack_rows
from pacesetter.responsibility.statements.container import Damaged, Reader
from pacesetter.responsibility.statements.format import Finding
from pacesetter.responsibility.statements.page import page
from pacesetter.responsibility.statements.pagecheck import page_findings
from pacesetter.responsibility.statements.recompute import differing, recompute
from pacesetter.responsibility.statements.sealcheck import check_seal

Progress = Callable[[str, float | None], None]
WORDS = (f.HEAD, f.ANSWERS, f.DEFINITIONS, f.COMPLETENESS, f.CHANGES)


@dataclass
class Verdict:
    """What was found. ``fingerprint`` is the signing key's, None where there is no signature to read; ``trusted`` is None where nobody
    said which key to trust."""

    findings: list[Finding] = field(default_factory=list)
    fingerprint: str | None = None
    trusted: bool | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    figures: int = 0
    rows: int = 0

    @property
    def holds(self) -> bool:
        """Whether everything holds: no finding, and no other key than the one to trust."""
        return not self.findings and self.trusted is not False


def verify(
    path: Path, progress: Progress, *, trust: str | None = None, since: Path | None = None, figures: bool = True
) -> Verdict:  # fmt: skip
    """Verify the statement at ``path``. ``trust`` is the fingerprint of the key that is trusted, ``since`` the earlier statement whose
    changes are to be recomputed. Without ``figures`` bytes and signature alone are checked. Raises UnreadableFile where there is no such
    file."""
    verdict = Verdict()
    try:
        reader = Reader(path)
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror})", where=str(path)) from None
    with contextlib.closing(reader):
        verdict.findings += reader.findings
        progress("checking every byte", None)
        checked = check_seal(reader, progress)
        verdict.findings += checked.findings
        verdict.fingerprint = checked.fingerprint
        if trust is not None:
            verdict.trusted = checked.fingerprint == trust
        words = _words(reader, verdict)
        if words is None or not figures:
            return verdict
        verdict.told = words[f.HEAD]
        _recomputed(path, words, reader, verdict, progress)
        _page(words, reader, verdict)
        if since is not None:
            _since(path, since, words, verdict, progress)
    return verdict


def _words(reader: Reader, verdict: Verdict) -> dict[str, Any] | None:
    """The contents that are no rows, None where one of them cannot be read."""
    found: dict[str, Any] = {}
    for name in WORDS:
        entry = reader.by_name.get(name)
        try:
            found[name] = json.loads(b"".join(reader.content(entry))) if entry else None
        except (ValueError, Damaged) as error:
            verdict.findings.append(Finding(f.CONTENT, name, f"cannot be read ({error})"))
            found[name] = None
    for name in (f.ANSWERS, f.DEFINITIONS):
        if found[name] is not None and not isinstance(found[name], list):
            verdict.findings.append(Finding(f.CONTENT, name, "is no list"))
            found[name] = None
    return None if any(value is None for value in found.values()) else found


def _recomputed(path: Path, words: Mapping[str, Any], reader: Reader, verdict: Verdict, progress: Progress) -> None:
    told = words[f.HEAD]
    with tempfile.TemporaryDirectory(prefix="pacesetter-verify-") as place:
        folder = Path(place) / "rows"
        try:
            unpack_rows(path, folder)
            found = recompute(folder, told, progress)
        except (PacesetterError, Damaged, OSError) as error:
            verdict.findings.append(Finding(f.FIGURE, "figures", f"cannot be recomputed ({error})"))
            return
    verdict.figures, verdict.rows = len(found.figures), sum(told["rows"].values())
    verdict.findings += [Finding(f.CONTENT, "rows", text) for text in found.refused]
    verdict.findings += [
        Finding(f.FIGURE, f"{f.ANSWERS}, {key}", what) for key, what in differing(found.figures, words[f.ANSWERS])
    ]
    for name, value in found.counted.items():
        if words[f.COMPLETENESS].get(name) != value:
            what = f"is {words[f.COMPLETENESS].get(name)}, the rows give {value}"
            verdict.findings.append(Finding(f.FIGURE, f"{f.COMPLETENESS}, {name}", what))
    counts = {n.removeprefix(f.ROWS).removesuffix(".csv"): 1 for n in reader.by_name if n.startswith(f.ROWS)}
    if set(counts) != set(told["rows"]):
        verdict.findings.append(Finding(f.CONTENT, f"{f.HEAD}, rows", "names other row files than there are"))


def _page(words: Mapping[str, Any], reader: Reader, verdict: Verdict) -> None:
    """The page shows the figures; where this very version made it, it is what this version makes."""
    entry = reader.by_name.get(f.PAGE)
    if entry is None:
        return
    try:
        text = b"".join(reader.content(entry)).decode()
    except (Damaged, UnicodeDecodeError) as error:
        verdict.findings.append(Finding(f.CONTENT, f.PAGE, f"cannot be read ({error})"))
        return
    told, answers = words[f.HEAD], words[f.ANSWERS]
    found = page_findings(text, answers, told)
    verdict.findings += found
    if found or told["made_by"].get("version") != __version__:
        return
    try:
        again = page(
            told, answers, words[f.DEFINITIONS], words[f.COMPLETENESS], words[f.CHANGES], verdict.fingerprint or ""
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        verdict.findings.append(Finding(f.CONTENT, f.PAGE, f"cannot be made again from the figures ({error})"))
        return
    if again != text:
        line = next(
            (n for n, (a, b) in enumerate(zip(again.split("\n"), text.split("\n"), strict=False), 1) if a != b), 0
        )
        verdict.findings.append(
            Finding(f.CONTENT, f"{f.PAGE}, line {line}", "shows something else than the statement says")
        )


def _since(path: Path, since: Path, words: Mapping[str, Any], verdict: Verdict, progress: Progress) -> None:
    """The changes since an earlier statement, computed again."""
    earlier = Earlier.read(since)
    if words[f.CHANGES].get("earlier") != earlier.reference:
        verdict.findings.append(Finding(f.CONTENT, f.CHANGES, f"is not about the statement {since.name}"))
        return
    again = changes_between(earlier, path, words[f.HEAD], words[f.ANSWERS], progress)
    for name, value in again.items():
        if words[f.CHANGES].get(name) != value:
            verdict.findings.append(Finding(f.CONTENT, f"{f.CHANGES}, {name}", "is not what a comparison gives"))


def told_fingerprint(text: str) -> str:
    """A fingerprint as people write it (spaces, colons, capitals) in its one spelling. Raises PacesetterError for another text."""
    plain = "".join(text.split()).replace(":", "").lower()
    if len(plain) != 64 or any(c not in "0123456789abcdef" for c in plain):
        raise PacesetterError(f"'{text}' is no fingerprint", where="--key", do="write all of its 64 hex digits")
    return plain
