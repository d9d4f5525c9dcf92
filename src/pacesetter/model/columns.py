"""Short helpers to declare a column: required ones with a capital (``Text``), optional ones with a small letter (``text``)."""

from pacesetter.model.schema import Column, Kind

CURRENCY = "ISO 4217 code of the amount; the workspace's currency where empty"


def _column(kind: Kind, required: bool, name: str, doc: str, *words: str, to: str | None = None,
            low: float | None = None, high: float | None = None) -> Column:  # fmt: skip
    return Column(
        name=name, kind=kind, required=required, doc=doc, refers_to=to, vocabulary=words, minimum=low, maximum=high
    )


def Id(name: str, doc: str) -> Column:
    """A required, non-empty text, unique in its table."""
    return _column(Kind.ID, True, name, doc)


def Ref(name: str, to: str, doc: str) -> Column:
    """A required id of table ``to``."""
    return _column(Kind.REF, True, name, doc, to=to)


def ref(name: str, to: str, doc: str) -> Column:
    """An optional id of table ``to``."""
    return _column(Kind.REF, False, name, doc, to=to)


def Text(name: str, doc: str, *words: str) -> Column:
    """A required text, of the closed list ``words`` where one is given."""
    return _column(Kind.TEXT, True, name, doc, *words)


def text(name: str, doc: str, *words: str) -> Column:
    """An optional text, of the closed list ``words`` where one is given."""
    return _column(Kind.TEXT, False, name, doc, *words)


def At(name: str, doc: str) -> Column:
    """A required instant (ISO 8601 with an offset or ``Z``)."""
    return _column(Kind.INSTANT, True, name, doc)


def at(name: str, doc: str) -> Column:
    """An optional instant."""
    return _column(Kind.INSTANT, False, name, doc)


def On(name: str, doc: str) -> Column:
    """A required date."""
    return _column(Kind.DATE, True, name, doc)


def on(name: str, doc: str) -> Column:
    """An optional date."""
    return _column(Kind.DATE, False, name, doc)


def Num(name: str, doc: str, low: float | None = None, high: float | None = None) -> Column:
    """A required number within the inclusive bounds."""
    return _column(Kind.NUM, True, name, doc, low=low, high=high)


def num(name: str, doc: str, low: float | None = None, high: float | None = None) -> Column:
    """An optional number within the inclusive bounds."""
    return _column(Kind.NUM, False, name, doc, low=low, high=high)


def Money(name: str, doc: str) -> Column:
    """A required exact decimal amount."""
    return _column(Kind.MONEY, True, name, doc)


def money(name: str, doc: str) -> Column:
    """An optional exact decimal amount."""
    return _column(Kind.MONEY, False, name, doc)


def Bool(name: str, doc: str) -> Column:
    """A required true or false."""
    return _column(Kind.BOOL, True, name, doc)


def flag(name: str, doc: str) -> Column:
    """An optional true or false."""
    return _column(Kind.BOOL, False, name, doc)
