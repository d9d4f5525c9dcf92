"""Refusals and faults over HTTP: problem documents (RFC 9457) for programs, a page for people.

Owns which refusal has which status. A fault never shows its inside; the request's id leads to the log.
"""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus

import duckdb
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from pacesetter.access.signing_in import TooMany
from pacesetter.api.serving import NotSignedIn
from pacesetter.errors import BadRequest, BadWorkspace, Forbidden, PacesetterError

MEDIA_TYPE = "application/problem+json"
Render = Callable[[Request, int, str, str], Response]
OUTDATED = "the records were derived by another version of Pacesetter and have to be derived anew; any import does so"
_log = logging.getLogger("pacesetter.faults")


class NotFound(BadRequest):
    """There is no such thing, or not for the one who asks: both look the same."""


def status_of(error: PacesetterError) -> int:
    """The HTTP status of a refusal."""
    for kind, status in (
        (NotSignedIn, 401), (TooMany, 429), (Forbidden, 403), (NotFound, 404), (BadRequest, 400), (BadWorkspace, 503),
    ):  # fmt: skip
        if isinstance(error, kind):
            return status
    return 500


def detail_of(error: PacesetterError) -> str:
    """The refusal's line in the words of an address: ``--from`` is ``from``. Folders of the server are never named."""
    if isinstance(error, BadWorkspace):
        return "there is nothing to show yet: no records have been imported, or they cannot be read"
    if not isinstance(error, BadRequest | Forbidden | NotSignedIn):
        return "something is wrong with the workspace's settings or files; the log of the server has more"
    return re.sub(r"--([a-z-]+)", lambda m: m.group(1).replace("-", "_"), error.line())


def problem(request: Request, status: int, title: str, detail: str) -> Response:
    """A problem document."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": getattr(request.state, "request_id", None),
    }
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def install(app: FastAPI, page: Render) -> None:
    """Answer every refusal and fault: under /api by a problem document, elsewhere by ``page``."""

    def answer(request: Request, status: int, detail: str) -> Response:
        title = HTTPStatus(status).phrase
        render = problem if request.url.path.startswith("/api/") else page
        response = render(request, status, title, detail)
        response.headers["cache-control"] = "no-store"
        if status == 401 and render is problem:
            response.headers["www-authenticate"] = "Bearer"
        return response

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, PacesetterError)
        status = status_of(error)
        if status >= 500:
            _log.error("%s", error.line(), extra={"request_id": getattr(request.state, "request_id", None)})
        response = answer(request, status, detail_of(error))
        if isinstance(error, TooMany):
            response.headers["retry-after"] = str(error.retry_s)
        return response

    def wrong_words(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"][1:])
        return answer(request, 400, f"{place}: {first['msg'].lower()}")

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = answer(
            request, error.status_code, "there is nothing here" if error.status_code == 404 else error.detail
        )
        response.headers.update(error.headers or {})
        return response

    def fault(request: Request, error: Exception) -> Response:
        _log.error(
            "a fault of the program", exc_info=error, extra={"request_id": getattr(request.state, "request_id", None)}
        )
        return answer(request, 500, "a fault of the program; please report it with the request's id")

    def outdated(request: Request, error: Exception) -> Response:
        """A table or column that this version asks for is not in the generation, which an older one derived."""
        _log.error(
            "the generation lacks what this version asks for",
            exc_info=error, extra={"request_id": getattr(request.state, "request_id", None)},
        )  # fmt: skip
        return answer(request, 503, OUTDATED)

    app.add_exception_handler(PacesetterError, refused)
    for kind in (duckdb.CatalogException, duckdb.BinderException):
        app.add_exception_handler(kind, outdated)
    app.add_exception_handler(RequestValidationError, wrong_words)
    app.add_exception_handler(HTTPException, http)
    app.state.fault = fault
