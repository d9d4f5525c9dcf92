"""The application's ground: the API's routes with the ring around them. Pages are added on top by ``web``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI

from pacesetter import __version__
from pacesetter.access.store import Store
from pacesetter.api import about, health, kpis, problems, records
from pacesetter.api.desks import Desks
from pacesetter.api.serving import Serving
from pacesetter.api.watching import Ring
from pacesetter.api.words import known_words
from pacesetter.warehouse.workspace import Workspace

TOKEN = {"type": "http", "scheme": "bearer", "description": "An API token from the account page."}


def ground(workspace: Workspace, store: Store, page: problems.Render = problems.problem) -> FastAPI:
    """The application over one workspace and its state; ``page`` renders refusals outside of /api."""
    desks = Desks(workspace)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        desks.close()
        store.close()

    app = FastAPI(
        title="Pacesetter", version=__version__, lifespan=life, openapi_url="/api/openapi.json", docs_url=None, redoc_url=None,
        description="KPIs of IT support, each with one exact meaning, within what the caller may see.",
        responses={"4XX": {"description": "A problem document (RFC 9457)", "content": {problems.MEDIA_TYPE: {}}}},
    )  # fmt: skip
    app.state.serving = Serving(workspace, store, desks)
    for router in (kpis.router, records.router, about.router):
        app.include_router(router, dependencies=[Depends(known_words)])
    app.include_router(health.router)
    problems.install(app, page)
    _describe(app)
    app.add_middleware(Ring)
    return app


def _describe(app: FastAPI) -> None:
    """The description says how to prove oneself, and that a request that means nothing is a problem document of status 400."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        document.setdefault("components", {})["securitySchemes"] = {"token": TOKEN}
        document["security"] = [{"token": []}]
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents
