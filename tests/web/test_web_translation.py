"""Every text that people read can be translated, and is in German: templates, what Python passes, what pages show when asked in German."""

import ast
import io
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient
from markupsafe import escape
from tests.web.conftest import PEOPLE, Served, form_token, signed_in
from tests.web.template_words import english, message_ids, templates, unwrapped

import pacesetter
from pacesetter.access.roles import ROLES
from pacesetter.catalogue import registry
from pacesetter.catalogue.facts import DIMENSIONS, TIME_DIMENSIONS
from pacesetter.catalogue.needs import NEEDS
from pacesetter.model.vocabularies import PHASES
from pacesetter.reports import wording
from pacesetter.web import languages
from pacesetter.web.languages import COOKIE, LANGUAGES, Catalogue, areas_of, catalogue_of, locale_of
from pacesetter.web.rendering import SCRIPT_TEXTS
from pacesetter.web.spans import COMPARED, PERIODS

AsRole = Callable[[str], TestClient]
SOURCE = Path(pacesetter.__file__).parent
TEMPLATES = templates()
HOLES = re.compile(r"%\((\w+)\)[sd]")
SAME = frozenset(
    {"Team", "Teams", "Name", "Backlog", "Status", "Text", "System", "Client", "Agent", "Ticket", "Tickets"}
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_literal_of_a_template_is_wrapped(name: str) -> None:
    german = catalogue_of("de")
    assert unwrapped(english(), TEMPLATES[name], lambda text: german.say(text) != text) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_text_of_a_template_is_in_german(name: str) -> None:
    known = _known("de")
    missing = sorted(
        {m for m in message_ids(english(), TEMPLATES[name]) if m not in known and re.search(r"[A-Za-z]{2}", m)}
    )
    assert missing == []


def test_the_search_for_literals_finds_them() -> None:
    """The test above can fail."""
    env = english()
    for text, found in (
        ("<p>Queue</p>", ["Queue"]), ("<p>{{ _('Queue') }}</p>", []), ("<a title='Late'>x1</a>", ["Late", "x1"]),
        ("<p class='late row'>{{ 'late' if x else '' }}</p>", ["late"]), ("<p class=\"{{ 'late' if x }}\"></p>", []),
        ("{% trans %}Queue{% endtrans %}", []), ("{% for a in ('Two words', 'x') %}{{ a }}{% endfor %}", ["Two words"]),
        ("<b aria-label=\"{{ 'up' if x else _('down') }}\">1</b>", ["up"]), ("{{ f('Command line') }}", ["Command line"]),
    ):  # fmt: skip
        assert unwrapped(env, text) == found, text
    assert set(message_ids(env, "{{ _('a' if x else 'b') }}{% trans n=2 %}c {{ n }}{% endtrans %}")) == {
        "a",
        "b",
        "c %(n)s",
    }


def test_what_scripts_say_comes_with_the_page() -> None:
    script = (SOURCE / "web" / "static" / "app.js").read_text("utf-8")
    said = set(re.findall(r'say\("([^"]+)"\)', script))
    assert said == set(SCRIPT_TEXTS) <= _known("de")
    loose = re.findall(r'(?<!say\()"([A-Z][a-z]+(?: [^"]*)?)"', re.sub(r"//.*", "", script))
    assert set(loose) <= {"Escape", "Tab", "Enter"}, "every text that a script shows is looked up"


@cache
def _known(language: str) -> frozenset[str]:
    catalogue = catalogue_of(language)
    return frozenset(catalogue.texts) | {m for pair in catalogue.plurals for m in pair}


def _reasons() -> Iterator[str]:
    """Why a value is null: fixed sentences in the catalogue's modules."""
    for file in sorted((SOURCE / "catalogue").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            found = None
            if isinstance(node, ast.keyword) and node.arg == "reason":
                found = node.value
            elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant):
                found = node.elts[1] if node.elts[0].value is None else None
            if isinstance(found, ast.Constant) and isinstance(found.value, str):
                yield found.value


def _titles() -> Iterator[str]:
    """The titles that pages are given."""
    for file in sorted((SOURCE / "web").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "title" and isinstance(node.value, ast.Constant):
                yield str(node.value.value)


@cache
def _passed() -> dict[str, list[str]]:
    kpis = registry.catalogue().values()
    words = [d.replace("_", " ") for d in (*DIMENSIONS, *TIME_DIMENSIONS)]
    variants = [n.replace("_", " ") for k in kpis for n in (k.default_variant, *k.variants) if n]
    statistics = [
        s.replace("_", " ")
        for k in kpis
        for d in (k.definition, *k.variants.values())
        for s in (*d.statistics, *d.companions)
    ]
    anchors = [
        p.anchor.replace("_", " ") for k in kpis for p in (k.definition.numerator, k.definition.denominator) if p
    ]
    return {
        "titles of KPIs": [k.title for k in kpis], "questions of KPIs": [k.question for k in kpis],
        "names of variants": variants, "statistics": statistics, "anchors": anchors,
        "how rows give numbers": [d.recompute for k in kpis for d in (k.definition, *k.variants.values()) if d.recompute],
        "families": list(registry.FAMILIES.values()), "needs": [n.text for n in NEEDS.values()],
        "periods": [*PERIODS.values(), *COMPARED.values()], "roles": [r.title for r in ROLES.values()], "dimensions": words,
        "phases": [p.replace("_", " ") for p in PHASES], "reasons": list(_reasons()), "titles of pages": list(_titles()),
    }  # fmt: skip


@pytest.mark.parametrize("kind", _passed())
def test_every_text_that_python_passes_is_in_german(kind: str) -> None:
    ids = [m for m in _passed()[kind] if re.search(r"[A-Za-z]{2}", m)]
    assert ids, "nothing was found: the test shows nothing"
    assert sorted({m for m in ids if m not in _known("de")}) == []


def _messages(language: str) -> Iterator[tuple[str, str, str]]:
    """Area, message id, translation; both forms of a plural."""
    for area, body in areas_of(language).items():
        for message in read_po(io.BytesIO(body), locale=language):
            pairs = (
                zip(message.id, message.string, strict=True)
                if isinstance(message.id, tuple)
                else [(message.id, message.string)]
            )
            yield from ((area, str(a), str(b)) for a, b in pairs if a)


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_translation_has_the_holes_of_its_text(language: str) -> None:
    wrong = [
        (area, text, said) for area, text, said in _messages(language)
        if sorted(set(HOLES.findall(text))) != sorted(set(HOLES.findall(said))) or not said
    ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_text_is_said_in_one_way(language: str) -> None:
    """Areas are one catalogue: the same text in two of them has the same translation."""
    said: dict[str, dict[str, str]] = {}
    for area, text, translation in _messages(language):
        said.setdefault(text, {})[area] = translation
    assert {text: by for text, by in said.items() if len(set(by.values())) > 1} == {}


class Listening(Catalogue):
    """A catalogue that remembers what it was asked in vain; the pieces of which it composes a text are its own matter."""

    missed: set[str]
    asked: list[str]

    def say(self, text: str) -> str:
        self.asked.append(text)
        found = super().say(text)
        self.asked.pop()
        if found == text and text not in self.texts and not self.asked:
            self.missed.add(text)
        return found


PAGES = ["/", "/parts/A", "/clients", "/clients/acme", "/kpis/resolution_time?by=weekday", "/kpis/csat", "/kpis/backlog?by=age_band",
         "/kpis/resolution_time/rows", "/kpis/tickets_created/rows?part=excluded", "/tickets/A-1", "/data-quality", "/account", "/kpis",
         "/kpis/nothing", "/kpis/nps", "/kpis/first_contact_resolution?by=channel", "/queue", "/teams", "/technicians", "/compare",
         "/wallboard", "/dashboards", "/settings", "/settings/targets", "/settings/calendars", "/settings/policies", "/settings/holidays",
         "/settings/statuses", "/settings/mappings", "/people", "/integrity", "/accountability", "/clients/nobody"]  # fmt: skip
DATA = re.compile(
    r"acme|canar|printer|desk|whisperly|hushington|t-ann|t-bob|P3|hardware|t-\w+|A-\d+|[\w.]+@|\d{4}|^\W*$|^.{0,2}$|^[a-z]+_[a-z_]+$|(?:Std|Min|Sek|Tg)\.$",
    re.I,
)


@pytest.fixture(scope="module")
def ear(served: Served) -> Iterator[tuple[TestClient, Listening]]:
    """An administrator who reads German, and what their pages looked up in vain."""
    client, read = signed_in(served.app, PEOPLE["administrator"][0]), languages.catalogue_of
    german = read("de")
    heard = Listening(german.language, german.texts, german.plurals, german.patterns)
    object.__setattr__(heard, "missed", set())
    object.__setattr__(heard, "asked", [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(languages, "catalogue_of", lambda language: heard if language == "de" else read(language))
        patch.setattr(served.app.state.pages, "_environments", {})
        yield client, heard


@pytest.mark.parametrize("page", PAGES)
def test_a_page_looks_up_nothing_that_is_not_translated(page: str, ear: tuple[TestClient, Listening]) -> None:
    """What a page shows is composed while it runs; here it is asked for in German and the look-ups that fail are listed."""
    client, heard = ear
    heard.missed.clear()
    answer = client.get(page, headers={"accept-language": "de"})
    assert '<html lang="de"' in answer.text or page.startswith("/parts")
    missed = {m for m in heard.missed if not DATA.search(m)}
    for text in missed & _meanings():
        assert f'lang="en">{text[:1].upper()}{escape(text[1:])}' in answer.text, (
            "English in a German page is marked as such"
        )
    assert sorted(missed - _meanings()) == []


@cache
def _meanings() -> frozenset[str]:
    """Definitions, traps and examples of KPIs: they may stay in English where they are marked."""
    kpis = registry.catalogue().values()
    texts = [d.text for k in kpis for d in (k.definition, *k.variants.values())]
    return frozenset([*texts, *(c for k in kpis for c in k.caveats), *(k.example.text for k in kpis)])


def test_the_language_of_a_page(served: Served) -> None:
    client = TestClient(served.app)
    assert '<html lang="en">' in client.get("/sign-in").text
    page = client.get("/sign-in", headers={"accept-language": "fr;q=0.9, de-AT, en;q=0.5"})
    assert '<html lang="de-AT">' in page.text and page.headers["content-language"] == "de-AT"
    assert ">Anmelden<" in page.text and ">Sign in<" not in page.text
    answer = client.post(
        "/language", data={"language": "de", "next": "/sign-in?next=/kpis/csat"}, follow_redirects=False
    )
    assert answer.status_code == 303 and answer.headers["location"] == "/sign-in?next=/kpis/csat"
    assert '<html lang="de">' in client.get("/sign-in", headers={"accept-language": "en-GB"}).text
    assert (
        client.post("/language", data={"language": "de", "next": "//evil.example"}, follow_redirects=False).headers[
            "location"
        ]
        == "/"
    )
    assert client.post("/language", data={"language": "xx"}).status_code == 400
    assert (
        client.post("/language", data={"language": "de"}, headers={"origin": "https://evil.example"}).status_code == 403
    )


def test_somebody_who_is_signed_in_keeps_their_language(served: Served) -> None:
    client = signed_in(served.app, PEOPLE["finance"][0])
    page = client.get("/account").text
    assert 'action="/language"' in page and '<html lang="en">' in page
    assert client.post("/language", data={"language": "de", "token": "guessed"}).status_code == 403
    client.post("/language", data={"language": "de", "token": form_token(page), "next": "/account"})
    again = signed_in(
        served.app, PEOPLE["finance"][0]
    )  # another browser: the preference is the person's, not the cookie's
    assert '<html lang="de"' in again.get("/account").text
    again.post("/language", data={"language": "en", "token": form_token(again.get("/account").text)})
    assert COOKIE in again.cookies


@pytest.mark.parametrize(("chosen", "accepted", "home", "wanted"), [
    ("", "", "en", "en"), ("", "", "de_CH", "de_CH"), ("", "de-AT,de;q=0.9", "en", "de_AT"), ("de", "en-GB", "en", "de"),
    ("de", "en-GB, de-CH", "en", "de_CH"), ("en", "de-DE", "de", "en"), ("xx", "fr", "en_GB", "en_GB"), ("de", "", "de_AT", "de_AT"),
    ("", "de;q=0, en-US", "de", "en_US"), ("", ",;q=,de;q=zzz", "en", "de"), ("", "*", "fr_FR", "en"),
])  # fmt: skip
def test_the_choice_of_a_locale(chosen: str, accepted: str, home: str, wanted: str) -> None:
    assert locale_of(chosen, accepted, home) == wanted


@pytest.mark.parametrize(("seconds", "en", "de"), [
    (7500, "2 h 05 m", "2 Std. 05 Min."), (45, "45 s", "45 Sek."), (-60, "−1 m", "−1 Min."), (273_600, "76 h 00 m", "76 Std. 00 Min."),
    (4_001_100, "1,111 h 25 m", "1.111 Std. 25 Min."),
])  # fmt: skip
def test_durations_in_the_readers_locale(seconds: float, en: str, de: str) -> None:
    assert (wording.duration(seconds), wording.duration(seconds, "de_AT")) == (en, de)


def test_numbers_dates_and_money_in_the_readers_locale() -> None:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    assert wording.value_text(1234.5, "percent", "de") == "1.234,5 %"
    assert wording.value_text(1234.5, "percent", "de_CH") == "1’234.5 %"
    assert wording.value_text(9.5, "currency", "de", "EUR") == "9,50\xa0€" or "€" in wording.value_text(
        9.5, "currency", "de", "EUR"
    )
    assert wording.day_text(date(2026, 3, 12), "de") == "12.03.2026"
    assert wording.span_text(date(2026, 3, 1), date(2026, 4, 1), "de") == "März 2026"
    assert wording.span_text(date(2026, 3, 3), date(2026, 3, 10), "de") == "03.03.2026 – 09.03.2026"
    at = datetime(2026, 11, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    assert wording.moment_text(at, "de") == "So. 01.11.2026, 01:00 MEZ"
    assert wording.moment_text(at, "en") == "Sun 1 Nov 2026, 01:00 CET"


def test_a_composed_sentence_is_translated_by_its_pattern() -> None:
    catalogue = catalogue_of("de")
    said = catalogue.say(f"not available: needs {NEEDS['tiers'].text} and {NEEDS['csat'].text}")
    assert said.startswith("nicht verfügbar") and " und " in said and " and " not in said
    assert catalogue.say("somebody's own text") == "somebody's own text"
    assert (
        catalogue.say("by: there is no dimension 'x'; choose of a, b")
        == "by: es gibt keine Dimension 'x'; wählen Sie aus a, b"
    )
    assert catalogue.say(
        "technician_utilization cannot be asked by creation: time at work is not of single tickets"
    ) == (
        "technician_utilization lässt sich nicht nach der Eröffnung fragen: Arbeitszeit gehört nicht zu einzelnen Tickets"
    )
    assert catalogue.say("the rows of this KPI have no dimension 'hour': only their day is known") == (
        "die Zeilen dieses KPI haben keine Dimension 'hour': nur ihr Tag ist bekannt"
    )


def test_a_refusal_is_in_the_language_of_the_person(served: Served) -> None:
    client = signed_in(served.app, PEOPLE["delivery_manager"][0])
    assert "There is no KPI &#39;nothing&#39;" in client.get("/kpis/nothing").text
    page = client.get("/kpis/nothing", headers={"accept-language": "de"}).text
    assert "Es gibt keinen KPI &#39;nothing&#39;" in page and "Nicht gefunden" in page


def test_a_text_that_is_looked_up_is_no_markup(served: Served) -> None:
    """A client's name may pass through the look-up as a page's title; it must not come out as HTML."""
    env = english()
    shown = env.from_string(
        "{{ _(name) }} {{ _('by %(who)s', who=name) }} {% trans who=name %}by {{ who }}{% endtrans %}"
    )
    assert shown.render(name="<b>100 % %(x)s</b>").count("&lt;b&gt;100 % %(x)s&lt;/b&gt;") == 3
