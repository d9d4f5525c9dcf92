"""The words of the statement format that its writers and its readers share: names, sizes, canonical JSON, findings.

Owns the constants of docs/reference/statement-format.md. Must not know tables or KPIs.
"""

import json
from dataclasses import dataclass
from typing import Any

FORMAT = 1
HEAD, ANSWERS, DEFINITIONS, COMPLETENESS, CHANGES, PAGE = (
    "statement.json", "answers.json", "definitions.json", "completeness.json", "changes.json", "statement.html",
)  # fmt: skip
ROWS, CHECKS = "rows/", "seal/rows/"
SEAL, SIGNATURE = "seal/seal.json", "seal/signature.json"
RECORDS_PER_LEAF = 1_024
"""Records of a row file (its header is the first) under one leaf of the hash tree."""
BYTES_PER_LEAF = 4_096
"""Bytes of any other file under one leaf."""
SIGNED = b"pacesetter statement 1\n"
"""What stands before the root (as hex text) and a line end in the signed text."""

CONTAINER, SEALED, SIGNED_BY, CONTENT, FIGURE = "container", "seal", "signature", "content", "figure"


@dataclass(frozen=True)
class Finding:
    """Something that does not hold: ``kind`` says which check, ``place`` where, ``what`` in words."""

    kind: str
    place: str
    what: str

    def line(self) -> str:
        """The finding on one line."""
        return f"{self.place}: {self.what}"


def canonical(value: Any) -> bytes:
    """JSON in the one spelling that is hashed: keys sorted, no spaces, UTF-8, one line end."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def readable(value: Any) -> bytes:
    """JSON that people read: keys in their own order, one space of indentation."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
