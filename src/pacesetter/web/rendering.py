"""Pages out of templates: the frame that all share, and the words and small drawings that templates use, in the reader's language.

Owns the Jinja environment. Everything is escaped; no template holds a script or a style of its own.
"""

import contextlib
import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FunctionLoader, StrictUndefined

from pacesetter.access.roles import ROLES, Permission
from pacesetter.api.serving import Caller, caller_or_none, serving_of
from pacesetter.catalogue.registry import FAMILIES
from pacesetter.errors import PacesetterError
from pacesetter.reports import wording
from pacesetter.reports.sparks import spark
from pacesetter.web.assets import Assets
from pacesetter.web.languages import LANGUAGES, Reader, reader_of, tag_of
from pacesetter.web.navigation import is_at, navigation_of, pages_there
from pacesetter.web.spans import COMPARED, PERIODS

SCRIPT_TEXTS = (
    "The chart could not be loaded; the table below has the values.",
    "This could not be loaded. Open the page again; if it stays, tell an administrator.",
    "Copy",
    "Copied",
    "Not allowed",
    "Selected",
)
"""What ``app.js`` says; a page brings it along in the reader's language."""


def _source(name: str) -> str | None:
    file = files("pacesetter.web").joinpath("templates", name)
    return file.read_text("utf-8") if file.is_file() else None


def environment(assets: Assets, reader: Reader) -> Environment:
    """The environment of the templates for readers of one locale."""
    env = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    # not "newstyle": that would take every text that is looked up, a client's name among them, for safe HTML
    env.install_gettext_callables(reader.say, reader.catalogue.count, newstyle=False)  # type: ignore[attr-defined]  # the extension adds it
    env.globals.update(
        _=lambda text, **values: said(reader, text, values),
        asset=assets.address,
        FAMILIES=FAMILIES,
        PERIODS=PERIODS,
        COMPARED=COMPARED,
        ROLES=ROLES,
        LANGUAGES=LANGUAGES,
        Permission=Permission,
        spark=spark,
        told_unit=wording.told_unit,
        unit_in=wording.unit_in,
        script_words=json.dumps({text: reader.say(text) for text in SCRIPT_TEXTS}, ensure_ascii=False),
        language=reader.language,
        locale=reader.locale,
        html_language=tag_of(reader.locale),
    )
    env.filters.update(
        words=lambda text: reader.say(str(text).replace("_", " ")),
        headed=lambda text: str(text)[:1].upper() + str(text)[1:],
        urlencode_pairs=lambda pairs: urlencode(list(pairs)),
        thousands=lambda n: wording.value_text(n, "count", reader.locale),
        day=lambda day: wording.day_text(day, reader.locale),
        duration=lambda seconds: wording.duration(seconds, reader.locale),
        clock_time=lambda seconds: wording.duration(seconds, reader.locale, days=True),
        number=lambda n, pattern="#,##0.##": wording.number(n, pattern, reader.locale),
    )
    return env


def said(reader: Reader, text: object, values: Mapping[str, Any] | None = None) -> str:
    """A text in the reader's language, with values put into its ``%(name)s``. It is no markup: what shows it escapes it."""
    found = reader.say(str(text))
    return found % values if values else found.replace("%%", "%")


def moment(at_s: float | datetime, zone: ZoneInfo, locale: str) -> str:
    """An instant as people write it, in a zone: ``Sun 1 Nov 2026, 01:00 CET``."""
    at = at_s.astimezone(zone) if isinstance(at_s, datetime) else datetime.fromtimestamp(at_s, zone)
    return wording.moment_text(at, locale)


def local(text: str | None, zone: ZoneInfo, locale: str) -> str:
    """An instant of a row (ISO 8601 in UTC) as the local wall clock shows it; a dash where there is none."""
    return "–" if not text else wording.minute_text(datetime.fromisoformat(text).astimezone(zone), locale)


class Pages:
    """Renders pages of one application."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._environments: dict[str, Environment] = {}

    def env(self, reader: Reader) -> Environment:
        """The templates for a reader's locale, compiled when the first such reader comes."""
        if reader.locale not in self._environments:
            self._environments[reader.locale] = environment(self._assets, reader)
        return self._environments[reader.locale]

    def render(
        self,
        request: Request,
        name: str,
        caller: Caller | None,
        values: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        """A page; ``caller`` is None where nobody is signed in."""
        settings = serving_of(request).workspace.settings
        zone, reader = ZoneInfo(settings.time_zone), reader_of(request, caller)
        frame = {
            "request": request,
            "path": request.url.path,
            "caller": caller,
            "may": (lambda p: caller.scope.may(p)) if caller else (lambda p: False),
            "form_token": caller.session.form_token if caller and caller.session else "",
            "settings": settings,
            "navigation": navigation_of(request.app, caller) if caller else [],
            "is_at": is_at,
            "has_page": lambda path: path in pages_there(request.app),
            "value_text": lambda v, unit, currency=None: wording.value_text(v, unit, reader.locale, currency),
            "moment": lambda at: moment(at, zone, reader.locale),
            "local": lambda text: local(text, zone, reader.locale),
            "period_text": lambda answer: wording.period_name(answer, zone, reader.locale),
        }
        body = self.env(reader).get_template(name).render({**frame, **(values or {})})
        headers = {"cache-control": "no-store", "content-language": tag_of(reader.locale)}
        return HTMLResponse(body, status, headers=headers)

    def problem(self, request: Request, status: int, title: str, detail: str) -> Response:
        """The page of a refusal. Whoever is not signed in is led to the sign-in."""
        if status == 401:
            after = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            target = (
                f"/sign-in?{urlencode({'next': after})}" if request.method == "GET" and after != "/" else "/sign-in"
            )
            headers = {"location": target, "cache-control": "no-store"}
            if request.headers.get("hx-request"):
                return Response(status_code=200, headers={"hx-redirect": target, "cache-control": "no-store"})
            return Response(status_code=303, headers=headers)
        with contextlib.suppress(PacesetterError):
            reader_of(request, caller_or_none(request))  # read on in one's own language
        values = {"status": status, "title": title, "detail": detail, "request_id": request.state.request_id}
        return self.render(request, "problem.html", None, values, status)


def pages_of(request: Request) -> Pages:
    """The pages of the application that serves this request."""
    found = request.app.state.pages
    assert isinstance(found, Pages)
    return found
