"""Whether it lives, whether it can answer, what it counts."""

import ipaddress

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pacesetter.access.roles import Permission
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Parts, caller_or_none
from pacesetter.api.watching import metrics

router = APIRouter(include_in_schema=False)


@router.api_route("/healthz", methods=["GET", "HEAD"])
def healthz() -> dict[str, str]:
    """It runs."""
    return {"status": "lives"}


@router.get("/readyz")
def readyz(parts: Parts) -> Response:
    """It can answer: the state database does, and there is a generation to read."""
    lacking = parts.desks.ready() or (None if parts.store.answers() else "the state database does not answer")
    body = {"status": "ready" if lacking is None else "not ready", "reason": lacking}
    return JSONResponse(body, 200 if lacking is None else 503)


@router.get("/metrics")
def metrics_(request: Request) -> Response:
    """Counters for Prometheus: for the machine itself, and for administrators with a token from elsewhere."""
    if not _is_local(request):
        caller = caller_or_none(request)
        if caller is None or not caller.scope.may(Permission.ADMINISTER):
            raise NotFound("there is nothing here")
    return Response(metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _is_local(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
