"""What the page of a statement shows, held against the figures.

Every figure on the page carries the number of its figure; what stands there must be that figure in the page's spelling. Must not know how
the page is made.
"""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from pacesetter.responsibility.statements import wording
from pacesetter.responsibility.statements.format import CONTENT, PAGE, Finding


class _Figures(HTMLParser):
    """Collects (number, text) of the elements that show a figure."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A figure begins where an element says its number."""
        number = dict(attrs).get("data-figure")
        if number is not None:
            self._inside = number
            self.found.append((number, ""))

    def handle_endtag(self, tag: str) -> None:
        """Figures hold text alone."""
        self._inside = None

    def handle_data(self, data: str) -> None:
        """The text of a figure."""
        if self._inside is not None:
            number, text = self.found[-1]
            self.found[-1] = (number, text + data)


def page_findings(text: str, answers: list[dict[str, Any]], told: Mapping[str, Any]) -> list[Finding]:
    """The figures on the page that are not those of the statement."""
    reader = _Figures()
    reader.feed(text)
    found = []
    for number, shown in reader.found:
        if not number.isdigit() or int(number) >= len(answers):
            found.append(Finding(CONTENT, f"{PAGE}, figure {number}", "is no figure of the statement"))
            continue
        figure = answers[int(number)]
        right = wording.shown(figure["value"], figure["unit"], told["number_marks"])
        if shown != right:
            what = f"shows '{shown}', the statement says '{right}' ({figure['kpi']})"
            found.append(Finding(CONTENT, f"{PAGE}, figure {number}", what))
    if not reader.found:
        found.append(Finding(CONTENT, PAGE, "shows no figure"))
    return found
