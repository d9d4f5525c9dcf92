"""What every request goes through: an id, security headers, one line of log, the counters, and the last resort.

Owns that ring around the application. The log has no address words, names or secrets: the route, not the path.
"""

import json
import logging
import os
import re
import sys
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import prometheus_client as prometheus
from fastapi import Request
from prometheus_client import CollectorRegistry, multiprocess
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
_SECURE = {"strict-transport-security": "max-age=31536000"}
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_requests = prometheus.Counter("pacesetter_requests", "Requests answered", ["method", "route", "status"])
_seconds = prometheus.Histogram("pacesetter_request_seconds", "Seconds until the answer was whole", ["route"])
_log = logging.getLogger("pacesetter.requests")


class Ring:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        began, status, begun = time.perf_counter(), 500, False

        async def sending(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                _add_headers(message, scope, state["request_id"])
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:  # what nothing caught is answered as a problem, and logged
            request = Request(scope)
            response = request.app.state.fault(request, error)
            if begun:
                raise
            await response(scope, receive, sending)
        finally:
            _tell(scope, state, status, time.perf_counter() - began)


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _ID.fullmatch(given) else uuid4().hex


def _add_headers(message: Message, scope: Scope, request_id: str) -> None:
    held = {name.lower() for name, _ in message["headers"]}
    wanted = HEADERS | {"x-request-id": request_id} | (_SECURE if scope["scheme"] == "https" else {})
    if b"cache-control" not in held:
        wanted = wanted | {"cache-control": "private, no-cache"}
    message["headers"] = [
        *message["headers"],
        *((n.encode(), v.encode()) for n, v in wanted.items() if n.encode() not in held),
    ]


def _tell(scope: Scope, state: MutableMapping[str, Any], status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", None) or "none"
    method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"
    _requests.labels(method, route, str(status)).inc()
    _seconds.labels(route).observe(seconds)
    _log.info(
        "request",
        extra={
            "request_id": state["request_id"], "method": method, "route": route, "status": status,
            "ms": round(seconds * 1000, 1), "who": state.get("who"),
        },
    )  # fmt: skip


def metrics() -> bytes:
    """Every counter in Prometheus' text form; of all workers where there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return prometheus.generate_latest()
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types here
    return prometheus.generate_latest(registry)


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    _OWN = ("request_id", "method", "route", "status", "ms", "who")

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON: instant, level, what, and what belongs to a request."""
        line: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "what": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in self._OWN if getattr(record, name, None) is not None}
        if record.exc_info and record.exc_info[1]:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_to_standard_error(level: int = logging.INFO) -> None:
    """Send the product's own log lines to standard error."""
    ours = logging.getLogger("pacesetter")
    if not any(isinstance(h.formatter, JsonLines) for h in ours.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        ours.addHandler(handler)
    ours.setLevel(level)
    ours.propagate = False
