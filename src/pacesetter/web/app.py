"""The web application: the API's ground with the pages on top.

Owns its assembly, for one process (``create``) or for each of several workers (``from_environment``).
"""

import os
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response

from pacesetter.access.store import Store
from pacesetter.api.app import ground
from pacesetter.api.watching import log_to_standard_error
from pacesetter.catalogue.rollup_building import keep_up
from pacesetter.warehouse.finishing import add_step
from pacesetter.warehouse.workspace import Workspace
from pacesetter.web import (
    access_pages,
    clients,
    compare,
    dashboards_edit,
    glance,
    kpi_charts,
    kpi_page,
    kpi_rows,
    language_switch,
    overview,
    queue,
    raci_pages,
    records,
    settings_pages,
    statements,
    teams,
    two_clocks,
    wallboard,
)
from pacesetter.web.assets import Assets, router_of
from pacesetter.web.rendering import Pages

WORKSPACE_VARIABLE = "PACESETTER_WORKSPACE"


def create(workspace: Workspace, store: Store) -> FastAPI:
    """The application over one workspace and its state."""
    assets = Assets(workspace.root / "web")
    pages = Pages(assets)

    def problem(request: Request, status: int, title: str, detail: str) -> Response:
        return pages.problem(request, status, title, detail)

    app = ground(workspace, store, problem)
    app.state.pages = pages
    for router in (
        *access_pages.ROUTERS,
        overview.router,
        queue.router,
        glance.router,
        clients.router,
        teams.router,
        compare.router,
        wallboard.router,
        kpi_page.router,
        kpi_charts.router,
        kpi_rows.router,
        records.router,
        *settings_pages.ROUTERS,
        *raci_pages.ROUTERS,
        two_clocks.router,
        statements.router,
        *dashboards_edit.ROUTERS,
        language_switch.router,
        router_of(assets),
    ):
        app.include_router(router)
    return app


def from_environment() -> FastAPI:
    """The application of a worker: the workspace that ``PACESETTER_WORKSPACE`` names."""
    workspace = Workspace.open(Path(os.environ.get(WORKSPACE_VARIABLE, ".")))
    log_to_standard_error()
    add_step(keep_up)  # a change made on a page brings the roll-ups along
    return create(workspace, Store.open(workspace.root))
