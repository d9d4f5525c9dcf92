"""What a rule of a mapping says, as DuckDB SQL over a relation of texts.

Owns the translation of rules, conditions and the reading of dates, numbers and words. Must not know files or tables.
Every expression gives text: the canonical form where the value can be read, the value as it stands where it cannot, so
that the import puts the row into quarantine with what stood there.
"""

import functools
import re
from collections.abc import Callable

import duckdb

from pacesetter.model.schema import Kind
from pacesetter.sources.mapping.definition import Condition, Reading, Rule
from pacesetter.warehouse.parsing import local_instant

PLACE = re.compile(r"\{([^{}]+)\}")
ZONED = re.compile(r"(?<!%)(?:%%)*%z")
_UNITS = {"seconds": 1_000_000, "minutes": 60_000_000, "hours": 3_600_000_000, "days": 86_400_000_000}
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_ISO_OFFSET = r"([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"

ISO, UNIX, UNIX_MS, EXCEL = "iso", "unix", "unix_ms", "excel"
NAMED_FORMATS = (ISO, UNIX, UNIX_MS, EXCEL)


@functools.cache
def pattern_fault(pattern: str) -> str | None:
    """Why DuckDB (RE2) cannot use a regular expression, None where it can."""
    return _fault(f"regexp_matches('', {text_literal(pattern)})")


@functools.cache
def date_format_fault(form: str) -> str | None:
    """Why DuckDB cannot read dates so, None where it can."""
    return _fault(f"try_strptime('', {text_literal(form)})")


def _fault(expression: str) -> str | None:
    with duckdb.connect() as con:
        try:
            con.execute(f"SELECT {expression}").fetchall()
        except duckdb.Error as error:
            return str(error).splitlines()[0].split(": ", 1)[-1][:120]
    return None


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def merged(outer: Reading, inner: Reading) -> Reading:
    """How text is read where ``inner`` stands within ``outer``."""
    given = {name: getattr(inner, name) for name in Reading.model_fields if getattr(inner, name) is not None}
    return Reading(**{name: getattr(outer, name) for name in Reading.model_fields} | given)


def instant_sql(text: str, reading: Reading) -> str:
    """A TIMESTAMP in UTC from the text, NULL where no format fits. A time without a zone is of the reading's zone."""
    return _coalesced([_one_format(text, form, reading.time_zone) for form in _grouped(reading.dates or [ISO])])


def moment_sql(text: str, reading: Reading) -> str:
    """A TIMESTAMP as the clock on the wall showed it, for dates and for the order of rows of one source."""
    return instant_sql(text, reading.model_copy(update={"time_zone": "UTC"}))


def _instant_text(text: str, reading: Reading) -> str:
    """The instant with ``Z``; a time whose zone nobody knows stays without, for the import to refuse."""
    form = "%Y-%m-%dT%H:%M:%S.%f"
    if reading.time_zone:
        return f"strftime({instant_sql(text, reading)}, '{form}Z')"
    parts = []
    for forms in _grouped(reading.dates or [ISO]):
        known = forms[0] in (UNIX, UNIX_MS) or ZONED.search(forms[0])
        mark = "'Z'" if known else "''"
        if forms[0] == ISO:
            mark = f"CASE WHEN regexp_matches({text}, ':.*{_ISO_OFFSET}') THEN 'Z' ELSE '' END"
        parts.append(f"strftime({_one_format(text, forms, None)}, '{form}') || {mark}")
    return _coalesced(parts)


def number_sql(text: str, reading: Reading) -> str:
    """The number in plain notation as text, NULL where it is none as the source writes numbers."""
    plain = text
    if reading.thousands:
        plain = f"replace({plain}, {text_literal(reading.thousands)}, '')"
    if reading.decimal == ",":
        plain = f"replace(replace({plain}, '.', '!'), ',', '.')"
    return f"CASE WHEN regexp_matches({plain}, '{_NUMBER}') THEN {plain} END"


def canonical_sql(text: str, kind: Kind, reading: Reading) -> str:
    """The canonical text of a value of ``kind``; what cannot be read stays as it is."""
    if kind is Kind.INSTANT:
        return f"coalesce({_instant_text(text, reading)}, {text})"
    if kind is Kind.DATE:
        return f"coalesce(strftime({moment_sql(text, reading)}, '%Y-%m-%d'), {text})"
    if kind in (Kind.NUM, Kind.MONEY):
        unread = f"{text} || ' (not a number with decimal comma)'" if reading.decimal == "," else text
        return f"coalesce({number_sql(text, reading)}, {unread})"
    if kind is Kind.BOOL:
        true, false = (_lower_words(w) for w in (reading.true or ["true"], reading.false or ["false"]))
        word = f"lower({text})"
        return f"CASE WHEN {word} IN ({true}) THEN 'true' WHEN {word} IN ({false}) THEN 'false' ELSE {text} END"
    return text


def typed_sql(text: str, kind: str, reading: Reading) -> str:
    """The value as something that orders well: an instant, a number or the text itself."""
    if kind == "instant":
        return moment_sql(text, reading)
    return f"TRY_CAST({number_sql(text, reading)} AS DOUBLE)" if kind == "num" else text


def rule_sql(rule: Rule, kind: Kind, outer: Reading, column: Callable[[str], str] = identifier) -> str:
    """The canonical text that ``rule`` gives for a column of ``kind``."""
    reading = merged(outer, rule)
    text = _mapped(rule, _origin(rule, reading, column))
    if rule.value is not None or rule.hash_of or rule.counter:
        value = text
    elif rule.multiply is not None or rule.divide is not None:
        value = _scaled(rule, text, reading)
    elif rule.plus is not None:
        value = _shifted(rule, text, kind, reading, column)
    else:
        value = canonical_sql(text, kind, reading)
    if rule.only_if:
        value = f"CASE WHEN {conditions_sql(rule.only_if, outer, column)} THEN {value} END"
    return value


def original_sql(rule: Rule, outer: Reading, column: Callable[[str], str] = identifier) -> str | None:
    """The source's own word, where the rule maps words and the original is to be kept beside."""
    if rule.map is None or rule.keep_original is False or (rule.column is None and rule.first_of is None):
        return None
    return _origin(rule, merged(outer, rule), column)


def conditions_sql(conditions: list[Condition], reading: Reading, column: Callable[[str], str] = identifier) -> str:
    """A condition that is never NULL: true where every one of ``conditions`` holds."""
    return " AND ".join(_condition(c, reading, column) for c in conditions) or "TRUE"


def _condition(c: Condition, reading: Reading, column: Callable[[str], str]) -> str:
    if c.any is not None:
        return "(" + " OR ".join(_condition(inner, reading, column) for inner in c.any) + ")"
    text = column(c.column or "")
    value = typed_sql(text, c.kind, reading)
    tests = []
    if c.empty is not None:
        tests.append(f"{text} IS {'' if c.empty else 'NOT '}NULL")
    if c.equals is not None:
        tests.append(f"coalesce({text} IN ({_words(c.equals)}), FALSE)")
    if c.is_not is not None:
        tests.append(f"coalesce({text} NOT IN ({_words(c.is_not)}), TRUE)")
    if c.matches is not None:
        tests.append(f"coalesce(regexp_matches({text}, {text_literal(c.matches)}), FALSE)")
    for other, sign in ((c.same_as, "="), (c.not_same_as, "<>"), (c.before, "<")):
        if other is not None:
            tests.append(f"coalesce({value} {sign} {typed_sql(column(other), c.kind, reading)}, FALSE)")
    return "(" + " AND ".join(tests) + ")"


def _origin(rule: Rule, reading: Reading, column: Callable[[str], str]) -> str:
    """The raw text that the rule starts from."""
    if rule.value is not None:
        value = rule.value
        text = text_literal(str(value).lower() if isinstance(value, bool) else str(value))
    elif rule.column is not None:
        text = column(rule.column)
    elif rule.first_of is not None:
        text = _coalesced([_alternative(item, reading, column) for item in rule.first_of])
    elif rule.template is not None:
        text = _template(rule.template, column)
    elif rule.hash_of is not None:
        text = _hashed(rule, column)
    else:
        text = 'CAST(row_number() OVER (ORDER BY "_file", "_line") AS VARCHAR)'
    if rule.pattern is not None:
        text = f"nullif(regexp_extract({text}, {text_literal(rule.pattern)}, {_group(rule.pattern)}), '')"
    return f"{text_literal(rule.prefix)} || {text}" if rule.prefix else text


def _group(pattern: str) -> int:
    return 1 if re.compile(pattern).groups else 0


def _alternative(item: str | Rule, reading: Reading, column: Callable[[str], str]) -> str:
    if isinstance(item, str):
        return column(item)
    text = _mapped(item, _origin(item, reading, column))
    return f"CASE WHEN {conditions_sql(item.only_if, reading, column)} THEN {text} END" if item.only_if else text


def _template(template: str, column: Callable[[str], str]) -> str:
    """The filled template; NULL where every column in it is empty."""
    names = PLACE.findall(template)
    parts = [f"coalesce({column(p)}, '')" if i % 2 else text_literal(p) for i, p in enumerate(PLACE.split(template))]
    empty = " AND ".join(f"{column(name)} IS NULL" for name in names) or "FALSE"
    return f"CASE WHEN {empty} THEN NULL ELSE trim({' || '.join(parts)}) END"


def _hashed(rule: Rule, column: Callable[[str], str]) -> str:
    columns = rule.hash_of or []
    joined = " || chr(31) || ".join(f"coalesce({column(name)}, chr(30))" for name in columns)
    digest = f"substr(md5({joined}), 1, 16)"
    if not rule.number_repeats:
        return digest
    place = f'row_number() OVER (PARTITION BY {joined} ORDER BY "_file", "_line")'
    return f"{digest} || CASE WHEN {place} = 1 THEN '' ELSE '-' || {place} END"


def _mapped(rule: Rule, text: str) -> str:
    """The word that the map gives; a word that it does not list stays, unless ``other`` says what becomes of it."""
    if not rule.map:
        return text
    cases = " ".join(f"WHEN {text_literal(k)} THEN {_word(v)}" for k, v in rule.map.items())
    left = text if rule.other is None else f"CASE WHEN {text} IS NULL THEN NULL ELSE {_word(rule.other)} END"
    return f"CASE {text} {cases} ELSE {left} END"


def _word(word: str) -> str:
    return text_literal(word) if word else "NULL"


def _scaled(rule: Rule, text: str, reading: Reading) -> str:
    number = f"TRY_CAST({number_sql(text, reading)} AS DOUBLE)"
    scaled = f"{number} * {float(rule.multiply or 1)!r} / {float(rule.divide or 1)!r}"
    return f"coalesce(CAST({scaled} AS VARCHAR), {canonical_sql(text, Kind.NUM, reading)})"


def _shifted(rule: Rule, text: str, kind: Kind, reading: Reading, column: Callable[[str], str]) -> str:
    """The instant moved by a number of units; NULL where the number is empty, the number itself where it is none."""
    assert rule.plus is not None
    span = column(rule.plus.column)
    micros = f"CAST(round(TRY_CAST({number_sql(span, reading)} AS DOUBLE) * {_UNITS[rule.plus.unit]}) AS BIGINT)"
    zone = "Z" if reading.time_zone and kind is Kind.INSTANT else ""
    form = "%Y-%m-%d" if kind is Kind.DATE else f"%Y-%m-%dT%H:%M:%S.%f{zone}"
    start = moment_sql(text, reading) if kind is Kind.DATE else instant_sql(text, reading)
    moved = f"strftime({start} + to_microseconds({micros}), '{form}')"
    return f"CASE WHEN {span} IS NULL THEN NULL ELSE coalesce({moved}, {text} || ' + ' || {span}) END"


def _one_format(text: str, forms: list[str], zone: str | None) -> str:
    first = forms[0]
    if first == UNIX:
        return f"make_timestamp(CAST(TRY_CAST({text} AS DOUBLE) * 1000000 AS BIGINT))"
    if first == UNIX_MS:
        return f"make_timestamp(CAST(TRY_CAST({text} AS DOUBLE) * 1000 AS BIGINT))"
    if first == EXCEL:
        days = f"CAST(round((TRY_CAST({text} AS DOUBLE) - 25569) * 86400) AS BIGINT)"
        return _of_zone(f"make_timestamp({days} * 1000000)", zone)
    if first == ISO:
        zoned = f"timezone('UTC', TRY_CAST({text} AS TIMESTAMPTZ))"
        naive = _of_zone(f"TRY_CAST({text} AS TIMESTAMP)", zone)
        return f"CASE WHEN regexp_matches({text}, ':.*{_ISO_OFFSET}') THEN {zoned} ELSE {naive} END"
    listed = "[" + ", ".join(text_literal(f) for f in forms) + "]"
    if ZONED.search(first):
        return f"timezone('UTC', try_strptime({text}, {text_literal(first)}))"
    return _of_zone(f"try_strptime({text}, {listed})", zone)


def _of_zone(moment: str, zone: str | None) -> str:
    if zone in (None, "UTC"):
        return moment
    return local_instant(moment, str(zone))


def _grouped(formats: list[str]) -> list[list[str]]:
    """Neighbouring plain formats together, in the order given; named ones and those with an offset alone."""
    groups: list[list[str]] = []
    for form in formats:
        alone = form in NAMED_FORMATS or ZONED.search(form)
        joins = groups and not alone and not (groups[-1][0] in NAMED_FORMATS or ZONED.search(groups[-1][0]))
        if joins:
            groups[-1].append(form)
        else:
            groups.append([form])
    return groups


def _coalesced(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


def _words(words: list[str]) -> str:
    return ", ".join(text_literal(w) for w in words)


def _lower_words(words: list[str]) -> str:
    return _words([w.lower() for w in words])
