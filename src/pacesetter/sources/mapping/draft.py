"""Writes a first mapping for an unknown export, with comments that say what to finish by hand.

Owns the text of the draft. Must not know how files are read (``sniff``) or what words mean (``words``).
"""

import json
import re
from pathlib import Path

from pacesetter.model.schema import Kind
from pacesetter.model.tables import BY_NAME
from pacesetter.sources.mapping.sniff import Look, look_at
from pacesetter.sources.mapping.words import COUNTERS, UPDATED, guess_table, plain

_PHASE_WORDS = (
    ("closed", ("close", "geschlossen", "complete", "done", "archiv", "abgeschlossen")),
    ("resolved", ("resolv", "solved", "fixed", "gelöst", "geloest")),
    ("cancelled", ("cancel", "reject", "storn", "duplicate", "withdrawn")),
    ("waiting_vendor", ("vendor", "third party", "3rd party", "supplier", "hersteller")),
    ("waiting_requester", ("wait", "pending", "await", "hold", "customer", "requester", "user info", "rückfrage")),
    ("scheduled", ("schedul", "planned", "termin")),
    ("new", ("new", "open", "neu", "unassigned", "queued", "to do", "submitted", "logged")),
)
_VOCABULARY_WORDS = {
    "type": {"incident": ("incident", "störung", "problem report", "bug", "fault", "break"),
             "request": ("request", "service", "question", "anfrage", "information", "complaint"),
             "problem": ("problem",), "change": ("change", "änderung"), "task": ("task", "aufgabe", "story", "epic"),
             "alert": ("alert", "monitoring", "alarm")},
    "channel": {"email": ("mail",), "phone": ("phone", "call", "telefon", "ivr"), "chat": ("chat", "teams", "slack"),
                "portal": ("portal", "self", "web", "form"), "walk_in": ("walk", "person", "counter"),
                "monitoring": ("monitor", "rmm", "alert", "system")},
}  # fmt: skip
_MADE: dict[str, tuple[str, dict[str, str | None]]] = {  # canonical ref -> (table, its other required columns)
    "client_id": ("clients", {}),
    "team_id": ("teams", {"organisation": "msp"}),
    "technician_id": ("technicians", {}),
    "contact_id": ("contacts", {"client_id": None}),
    "site_id": ("sites", {"client_id": None}),
    "offering_id": ("offerings", {}),
}


def draft_mapping(path: Path) -> str:
    """The text of a first mapping for the file at ``path``; it passes ``load_mapping``. Raises UnreadableFile."""
    look = look_at(path)
    headers = [c.name for c in look.columns]
    table, columns = guess_table(headers)
    log = _log_columns(look, table, columns)
    parts = [_head(look, table, log), _format(look, columns, table), _file(path)]
    if log:
        parts.append(_log(look, columns, log))
    parts += _referenced(look, table, columns)
    parts.append(_table(look, table, columns, log))
    return "\n\n".join(p for p in parts if p) + "\n"


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def _log_columns(look: Look, table: str, columns: dict[str, str]) -> str | None:
    """The column with the instant of an update, where the ticket's id repeats: then the file is a log."""
    if table != "tickets" or "ticket_id" not in columns:
        return None
    key = look.column(columns["ticket_id"])
    if key.filled < 2 or len(key.words) > 0.8 * key.filled:
        return None
    known = {plain(c.name): c.name for c in look.columns}
    return next((known[word] for word in UPDATED if word in known), None)


def _head(look: Look, table: str, log: str | None) -> str:
    kind = "a log: one row per update of a ticket" if log else f"one row per row of {table}"
    return "\n".join(
        [
            f"# First draft, made from the first {look.rows:,} rows of {look.label}. Lines with FINISH want your eyes.",
            "# When done: pacesetter mapping check THIS_FILE --data EXPORT",
            f"title = {quoted(f'{look.label}: {kind}')}",
            f"source = {quoted(re.sub(r'[^a-z0-9]+', '-', look.label.lower().split('.')[0]).strip('-') or 'export')}",
            '# as_of = "latest"  # the export was taken at its latest instant; without it, at the time of the import',
        ]
    )


def _format(look: Look, columns: dict[str, str], table: str) -> str:
    lines = ["[format]"]
    if look.delimiter:
        lines.append(f"delimiter = {quoted(look.delimiter)}")
    if look.encoding and look.encoding != "utf-8":
        sure = "" if look.encoding == "utf-16" else "  # FINISH: it is not UTF-8; look at a name with an accent"
        lines.append(f"encoding = {quoted(look.encoding)}{sure}")
    if look.header_row > 1:
        lines.append(f"header_row = {look.header_row}")
    if look.null_words:
        lines.append(f"null = [{', '.join(quoted(w) for w in look.null_words)}]")
    if any(c.decimal_comma for c in look.columns):
        lines.append('decimal = ","')
    lines += _date_lines(look)
    kinds = {BY_NAME[table].column(name): header for name, header in columns.items()}
    flags = [header for column, header in kinds.items() if column and column.kind is Kind.BOOL]
    words = {w for header in flags for w in look.column(header).words if w.lower() not in ("true", "false")}
    true = sorted(w for w in words if w.lower()[0] in "yj1xw")
    if words:
        lines.append(f"true = [{', '.join(map(quoted, ['true', *true]))}]")
        lines.append(
            f"false = [{', '.join(map(quoted, ['false', *sorted(words - set(true))]))}]  # FINISH: check these"
        )
    return "\n".join(lines)


def _date_lines(look: Look) -> list[str]:
    dated = [c for c in look.columns if c.dates]
    clear = [c.dates[0] for c in dated if not c.rivals]
    lines, formats = [], list(dict.fromkeys(clear))
    for column in dated:
        options = [column.dates[0], *column.rivals]
        if any(option in formats for option in options):
            continue
        formats.append(options[0])
        if column.rivals:
            lines.append(
                f"# FINISH: day and month cannot be told apart in '{column.name}' (such as {next(iter(column.words))}): "
                f"{' and '.join(options[:2])} both fit"
            )
    if formats:
        lines.append(f"dates = [{', '.join(map(quoted, formats))}]")
    lines.append('time_zone = "UTC"  # FINISH: the zone of times that carry none, such as Europe/Berlin')
    return lines


def _file(path: Path) -> str:
    lines = ["[files.export]", f"match = {quoted(path.name)}  # a pattern may stand here: tickets-*.csv"]
    if path.name.lower().endswith((".xlsx", ".xlsm")):
        lines.append('# sheet = "Sheet1"  # the first sheet where none is named')
    lines.append("# ignore = []  # columns to be dropped; what no table uses is kept as an attribute x_<name>")
    return "\n".join(lines)


def _log(look: Look, columns: dict[str, str], updated: str) -> str:
    when = "instant" if look.column(updated).dates else "text"
    order = [f'{{ column = {quoted(updated)}, as = "{when}" }}']
    order += [f'{{ column = {quoted(c.name)}, as = "num" }}' for c in look.columns if plain(c.name) in COUNTERS]
    lines = [
        "[logs.updates]",
        'file = "export"',
        f"key = {quoted(columns['ticket_id'])}",
        f"at = {quoted(updated)}",
        f"order = [{', '.join(order)}]",
        "# FINISH: columns whose last value stands on every earlier row; their changes are no events",
        f"final = [{', '.join(quoted(c) for c in _final(look, columns))}]",
    ]
    created = columns.get("created_at")
    lines.append(f"created = {{ at = {quoted(created)} }}" if created else "created = {}")
    events = {"status": "status", "team_id": "team", "technician_id": "assignment", "priority": "priority"}
    events |= {"category": "category"}
    for canonical, kind in events.items():
        if canonical in columns:
            lines += ["", "[[logs.updates.event]]", f'kind = "{kind}"', f"column = {quoted(columns[canonical])}"]
        if canonical == "status" and canonical in columns:
            first = next((w for w in look.column(columns[canonical]).words if _phase(w) == "new"), None)
            lines += [f"first = {quoted(first)}  # FINISH: what stood before the first row"] if first else []
    return "\n".join(lines)


def _final(look: Look, columns: dict[str, str]) -> list[str]:
    """Of the columns about the end of a ticket, those that never change within one."""
    key = look.column(columns["ticket_id"]).place
    found = []
    for canonical in ("resolved_at", "closed_at", "resolution_code"):
        if canonical not in columns:
            continue
        place = look.column(columns[canonical]).place
        seen: dict[str, set[str]] = {}
        for row in look.sample:
            if len(row) > max(key, place):
                seen.setdefault(row[key], set()).add(row[place])
        if all(len(values) == 1 for values in seen.values()):
            found.append(columns[canonical])
    return found


def _referenced(look: Look, table: str, columns: dict[str, str]) -> list[str]:
    """Blocks that make clients, teams, technicians and contacts from the words of their columns."""
    parts = []
    names = BY_NAME[table].names
    if "client_id" in names and "client_id" not in columns and table != "clients":
        parts.append(
            "# FINISH: no column names the client; everything goes to this one\n"
            '[[table]]\ntable = "clients"\nrows = [{ client_id = "client", name = "The client" }]'
        )
    for name, (made, others) in _MADE.items():
        if name not in columns or table == made or not look.column(columns[name]).filled:
            continue
        key = BY_NAME[made].key[0]
        header = quoted(columns[name])
        lines = ["[[table]]", f'table = "{made}"', 'from = "export"', f"one_row_per = {header}", "", "[table.columns]"]
        lines += [f"{key} = {header}", f"name = {header}"]
        for other, value in others.items():
            lines.append(f"{other} = {_client(columns)}" if value is None else f'{other} = {{ value = "{value}" }}')
        parts.append("\n".join(lines))
    if table == "tickets" and "status" in columns:
        parts.append(_statuses(list(look.column(columns["status"]).words)))
    return parts


def _client(columns: dict[str, str]) -> str:
    return quoted(columns["client_id"]) if "client_id" in columns else '{ value = "client" }'


def _statuses(words: list[str]) -> str:
    rows = [f"  {{ status = {quoted(word)}, phase = {quoted(_phase(word))} }}," for word in words[:60]]
    head = ["# FINISH: what each status means", "[[table]]", 'table = "ticket_statuses"']
    return "\n".join([*head, "rows = [", *rows, "]"]) if rows else ""


def _phase(word: str) -> str:
    return next((phase for phase, marks in _PHASE_WORDS if any(m in word.lower() for m in marks)), "active")


def _table(look: Look, table: str, columns: dict[str, str], log: str | None) -> str:
    source = "updates.last" if log else "export"
    lines = ["[[table]]", f'table = "{table}"', f'from = "{source}"', "", "[table.columns]"]
    for column in BY_NAME[table].columns:
        if column.name in columns:
            lines.append(f"{column.name} = {_rule(look, column.name, column.kind, columns[column.name], table)}")
        elif column.required:
            lines.append(_required(look, column.name, column.kind, table, columns))
    used = set(columns.values())
    rest = [c.name for c in look.columns if c.name not in used]
    if rest:
        lines.append(f"# kept as attributes x_<name>: {', '.join(rest)}")
    return "\n".join(lines)


def _rule(look: Look, name: str, kind: Kind, header: str, table: str) -> str:
    found = BY_NAME[table].column(name)
    words = list(look.column(header).words)
    if found and found.vocabulary:
        guesses = {word: _vocabulary_word(name, word, found.vocabulary) for word in words[:40]}
        pairs = ", ".join(f"{quoted(w)} = {quoted(g)}" for w, g in guesses.items())
        return f'{{ column = {quoted(header)}, map = {{ {pairs} }}, other = "" }}  # FINISH: check the words'
    if kind is Kind.NUM and name.endswith("_minutes") and re.search(r"hour|stunde|std", header.lower()):
        return f"{{ column = {quoted(header)}, multiply = 60 }}"
    if kind in (Kind.INSTANT, Kind.DATE) and not look.column(header).dates and look.column(header).filled:
        example = next(iter(words), "")
        return f"{quoted(header)}  # FINISH: no date format fits all of it, such as {quoted(example)}"
    return quoted(header)


def _vocabulary_word(name: str, word: str, vocabulary: tuple[str, ...]) -> str:
    if word.lower() in vocabulary:
        return word.lower()
    marks = _VOCABULARY_WORDS.get(name, {})
    return next((known for known, starts in marks.items() if any(s in word.lower() for s in starts)), "")


def _required(look: Look, name: str, kind: Kind, table: str, columns: dict[str, str]) -> str:
    """A line for a required column that no header was taken for."""
    if name == "client_id":
        return 'client_id = { value = "client" }  # FINISH'
    if name == BY_NAME[table].key[0] and kind is Kind.ID:
        listed = ", ".join(quoted(c.name) for c in look.columns)
        return f"{name} = {{ hash_of = [{listed}], number_repeats = true }}  # FINISH: no column looks like an id"
    if name == "name" and columns:
        return f"name = {quoted(next(iter(columns.values())))}  # FINISH"
    if kind in (Kind.INSTANT, Kind.DATE):
        dated = next((c.name for c in look.columns if c.dates), None)
        if dated:
            return f"{name} = {quoted(dated)}  # FINISH: the first column with dates was taken"
        return f'{name} = {{ value = "1970-01-01T00:00:00Z" }}  # FINISH: no column holds dates'
    found = BY_NAME[table].column(name)
    word = (
        found.vocabulary[0] if found and found.vocabulary else {Kind.BOOL: "false", Kind.TEXT: "unknown"}.get(kind, "0")
    )
    return f"{name} = {{ value = {quoted(word)} }}  # FINISH: no column was taken for it"
