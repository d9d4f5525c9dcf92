"""Finds the words of templates: literals that nobody wrapped for translation, and the message ids that are wrapped.

A template is read twice: as a stream of tokens, which tells in which part of the HTML an expression stands, and as a syntax tree.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from pacesetter.web.assets import Assets
from pacesetter.web.languages import Catalogue, Reader
from pacesetter.web.rendering import environment

SPOKEN = frozenset({"title", "aria-label", "placeholder", "alt", "aria-description", "aria-roledescription", "summary"})
"""Attributes whose text is read by people."""
QUIET = re.compile(r"^(?:[\W\d_]*|Pacesetter|UTF-8|utf-8|width=device-width.*|light dark|CSV|Parquet|JSON|SVG|PNG|API|PDF|TOML|Excel|"
                   r"KPIs?|SLA|RACI|ID|Id|MSP|TOTP|OIDC|p90|Q[1-4]|curl|Bearer|[a-z]+_[a-z_]+|[a-z]|%\.\d+f)$")  # fmt: skip
"""Texts that are the same in every language."""


def templates() -> dict[str, str]:
    """Every template by name."""
    folder = files("pacesetter.web").joinpath("templates")
    return {
        f.name: f.read_text("utf-8") for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".html")
    }


def english() -> Environment:
    """The environment that the application uses, for readers of English."""
    return environment(Assets(Path("nowhere")), Reader("en", Catalogue("en")))


def message_ids(env: Environment, source: str) -> Iterator[str]:
    """Every text that a template looks up, where it stands in the template itself."""
    for _, _, message in env.extract_translations(source, gettext_functions=("gettext", "ngettext", "_")):
        yield from (m for m in (message if isinstance(message, tuple) else (message,)) if m)
    for call in env.parse(source).find_all(nodes.Call):
        if (
            isinstance(call.node, nodes.Name)
            and call.node.name == "_"
            and call.args
            and not isinstance(call.args[0], nodes.Const)
        ):
            yield from _results(call.args[0])


def _results(node: nodes.Node) -> Iterator[str]:
    """The texts that an expression may come to."""
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, nodes.CondExpr):
        for part in (node.expr1, node.expr2):
            if part is not None:
                yield from _results(part)
    elif isinstance(node, (nodes.Or, nodes.And, nodes.Add)):
        yield from _results(node.left)
        yield from _results(node.right)
    elif isinstance(node, nodes.Concat):
        for part in node.nodes:
            yield from _results(part)
    elif isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Dict):
        for pair in node.node.items:
            yield from _results(pair.value)
    elif (
        isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and isinstance(node.node.node, nodes.Dict)
    ):
        for pair in node.node.node.items:
            yield from _results(pair.value)
        for default in node.args[1:]:
            yield from _results(default)
    elif isinstance(node, nodes.Filter):
        if node.name in ("words", "thousands", "duration", "day", "number", "tojson", "urlencode"):
            return  # these look their text up themselves, or show no text
        if node.node is not None:
            yield from _results(node.node)
        if node.name == "default":
            for part in node.args:
                yield from _results(part)


@dataclass
class _Html:
    """Where in the HTML the reading stands: in text, in a tag, in an attribute's value."""

    attribute: str | None = None
    quote: str = ""
    in_tag: bool = False
    raw: str = ""
    pending: str = ""
    texts: list[str] = field(default_factory=list)

    @property
    def is_spoken(self) -> bool:
        if self.in_tag:
            return self.attribute in SPOKEN
        return self.raw == ""

    def read(self, data: str) -> None:
        at = 0
        while at < len(data):
            at = (
                self._in_value(data, at)
                if self.quote
                else self._in_tag(data, at)
                if self.in_tag
                else self._in_text(data, at)
            )

    def _in_text(self, data: str, at: int) -> int:
        end = data.find("<", at)
        end = len(data) if end < 0 else end
        if self.raw == "":
            self._keep(data[at:end])
        if end == len(data):
            return end
        name = re.match(r"</?\s*([\w-]+)", data[end:])
        self.in_tag, self.attribute = True, None
        tag = name.group(1).lower() if name else ""
        closing = data[end : end + 2] == "</"
        if tag in ("script", "style", "code", "pre"):
            self.raw = "" if closing else tag
        return end + (name.end() if name else 1)

    def _in_tag(self, data: str, at: int) -> int:
        found = re.compile(r"([\w:@.-]+)\s*=\s*(['\"])|(/?>)").search(data, at)
        if found is None:
            return len(data)
        if found.group(3):
            self.in_tag = False
            if found.group(3) == "/>":
                self.raw = ""
        else:
            self.attribute, self.quote = found.group(1).lower(), found.group(2)
        return found.end()

    def _in_value(self, data: str, at: int) -> int:
        end = data.find(self.quote, at)
        closed = end >= 0
        end = end if closed else len(data)
        if self.attribute in SPOKEN:
            self._keep(data[at:end])
        if closed:
            self.quote, self.attribute = "", None
            return end + 1
        return end

    def _keep(self, text: str) -> None:
        text = re.sub(
            r"""&amp;[\w-]+=[\w-]*|&\w+;|[\w-]+="[^"]*"?""", " ", text
        )  # addresses, entities, an attribute in a block of its own
        for piece in re.split(r"\s{2,}|[·|:→←↑↓▲▼✓✗×,.()]+", text):
            if not QUIET.match(piece.strip()):
                self.texts.append(piece.strip())


def unwrapped(env: Environment, source: str, known: Callable[[str], bool] = lambda text: False) -> list[str]:
    """The literal texts of a template that people read and that nobody wrapped.

    A phrase that stands in a list and is looked up by the name of a variable is wrapped if it is ``known`` to a catalogue.
    """
    html, found = _Html(), list[str]()
    block: list[str] = []
    trans = ""
    kind = ""
    for _, token, value in env.lex(source):
        if token == "data":
            if not trans:
                html.read(value)
        elif token in ("block_begin", "variable_begin"):
            kind, block = token, []
        elif token in ("block_end", "variable_end"):
            text = "".join(block).strip()
            if kind == "block_begin":
                word = text.split(" ")[0].strip("-+ \n")
                trans = "trans" if word == "trans" else "" if word == "endtrans" else trans
                found += [] if trans else _spoken_constants(env, text)
            elif not trans:
                found += _of_expression(env, text, spoken=html.is_spoken)
        elif token not in ("comment", "comment_begin", "comment_end"):
            block.append(value)
    return html.texts + [text for text in found if not known(text)]


def _of_expression(env: Environment, text: str, *, spoken: bool) -> list[str]:
    tree = env.parse("{{ " + text + " }}")
    output = tree.body[0]
    assert isinstance(output, nodes.Output)
    results = list(_results(output.nodes[0])) if spoken else []
    return [r for r in results if not QUIET.match(r.strip())] + [c for c in _phrases(tree) if c not in results]


def _spoken_constants(env: Environment, text: str) -> list[str]:
    """Phrases in ``set`` and ``for`` statements and the like: they are shown somewhere."""
    word = text.split(" ")[0]
    if word == "for":
        expression = text.partition(" in ")[2]
    elif word == "set" and "=" in text:
        expression = text.partition("=")[2]
    else:
        return []
    try:
        return list(_phrases(env.parse("{{ " + re.sub(r"\s(if|recursive)\s.*$", "", expression) + " }}")))
    except TemplateSyntaxError:
        return []


def _phrases(tree: nodes.Node) -> Iterator[str]:
    """Constants that look like English: a capital followed by small letters, or several words; not within ``_()``."""
    wrapped = {id(c) for call in tree.find_all(nodes.Call) if _looks_up(call) for c in call.find_all(nodes.Const)}
    for const in tree.find_all(nodes.Const):
        text = const.value
        if isinstance(text, str) and id(const) not in wrapped and not QUIET.match(text.strip()):
            phrase = re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text) and not re.search(r"[=#%/_]", text)
            if re.match(r"^[A-Z][a-z]{2,}", text) or phrase:
                yield text


def _looks_up(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name in ("_", "gettext", "ngettext", "pgettext")
