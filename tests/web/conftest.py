"""A small workspace with two clients, one of them full of canaries, and an application with a person in every role."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.quick_hashes import quick_hashes

from pacesetter.access.people import Grants, add_person, choose_password, first_administrator
from pacesetter.access.store import Store
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace
from pacesetter.web.app import create

PASSWORD = "correct horse battery"
PEOPLE = {
    "administrator": ("admin", None),
    "delivery_manager": ("dm@example.org", Grants(role="delivery_manager")),
    "finance": ("fin@example.org", Grants(role="finance")),
    "account_manager": ("am@example.org", Grants(role="account_manager", clients=["acme"])),
    "technician": ("tech@example.org", Grants(role="technician")),
    "client_manager": ("cm@example.org", Grants(role="client_manager", clients=["acme"])),
    "client_viewer": ("cv@example.org", Grants(role="client_viewer", clients=["acme"])),
}
ACROSS = {
    "across client_manager": ("cm2@example.org", Grants(role="client_manager", clients=["canary-client"])),
    "across technician": ("tech2@example.org", Grants(role="technician")),
}
"""People on the other side: of the client that is full of canaries."""

FILES = {
    "clients": "client_id,name,industry,seats\nacme,Acme Works,tools,40\ncanary-client,Canary Holding,canaries,77\n",
    "teams": "team_id,name,organisation,client_id,tier\ndesk,Service Desk,msp,,1\nsystems,Systems,msp,,2\n"
    "canary-it,Canary internal IT,client,canary-client,1\n",
    "technicians": "technician_id,name,team_id,cost_rate\nt-ann,Ann Whisperly,desk,31.41\nt-bob,Bob Hushington,systems,27.18\n",
    "contacts": "contact_id,client_id,name,department\nc-1,acme,Alma,Sales\ncanary-contact,canary-client,Canary Carla,Canary dept\n",
    "tickets": "ticket_id,client_id,created_at,type,subject,channel,opened_by,priority,category,contact_id,team_id,technician_id,x_extra\n"
    + "".join(
        f"A-{i},acme,2026-10-{i:02d}T08:00:00Z,incident,Printer {i},email,requester,P3,hardware,c-1,desk,t-ann,plain\n"
        for i in range(1, 21)
    )
    + "".join(
        f"CANARY-{i},canary-client,2026-10-{i:02d}T08:00:00Z,incident,Canary subject,portal,requester,canary-prio,canary-category,"
        "canary-contact,systems,t-bob,canary-extra\n"
        for i in range(1, 15)
    ),
    "ticket_events": "event_id,ticket_id,occurred_at,kind,actor_kind,actor_id,from_value,to_value,is_public,channel\n"
    + "".join(
        f"{t}-{i}-{n},{t}-{i},2026-10-{i:02d}T{hour},{kind},technician,{who},{a},{b},{public},email\n"
        for t, who, count in (("A", "t-ann", 21), ("CANARY", "t-bob", 15))
        for i in range(1, count)
        for n, hour, kind, a, b, public in (
            (1, "08:10:00Z", "assignment", "", who, ""), (2, "08:20:00Z", "reply", "", "", "true"),
            (3, "08:30:00Z", "note", "", "", "false"), (4, "10:00:00Z", "resolved", "", "", ""),
        )
    ),
    "surveys": "survey_id,kind,sent_at,answered_at,score,ticket_id,client_id\n"
    + "".join(f"s{i},csat,2026-10-{i:02d}T12:00:00Z,2026-10-{i:02d}T13:00:00Z,5,A-{i},acme\n" for i in range(1, 9))
    + "s9,csat,2026-10-09T12:00:00Z,2026-10-09T13:00:00Z,5,CANARY-1,acme\n",
    "invoice_lines": "line_id,client_id,invoiced_on,amount,is_recurring\n1,acme,2026-10-01,1000,true\n"
    "2,canary-client,2026-10-01,987654.32,true\n",
    "costs": "cost_id,incurred_on,kind,amount,client_id,is_support\n1,2026-10-02,labor,123,acme,true\n"
    "2,2026-10-02,labor,876543.21,canary-client,true\n",
    "raci_tasks": "task_id,name,client_id,category\ntask-all,Hardware,,hardware\ntask-acme,Hardware at Acme,acme,hardware\n"
    "task-canary,Canary task,canary-client,canary-category\n",
    "raci_roles": "role_id,name,client_id,team_id,technician_id,contact_id\nrole-desk,Desk,,desk,,\nrole-ann,Desk lead,,,t-ann,\n"
    "role-bob,Systems lead,,,t-bob,\nrole-alma,Alma of Acme,acme,,,c-1\nrole-canary,Canary role,canary-client,canary-it,,\n",
    "raci_assignments": "task_id,role_id,letter,valid_from\ntask-all,role-desk,R,\ntask-all,role-ann,A,\ntask-all,role-canary,C,\n"
    "task-acme,role-desk,R,\ntask-acme,role-ann,A,\ntask-acme,role-alma,I,\ntask-canary,role-desk,R,\ntask-canary,role-canary,A,\n",
    "time_entries": "entry_id,technician_id,started_at,duration_minutes,ticket_id,client_id\n1,t-ann,2026-10-01T08:10:00Z,30,A-1,acme\n"
    "2,t-bob,2026-10-01T08:10:00Z,45,CANARY-1,canary-client\n3,t-bob,2026-10-02T08:10:00Z,30,CANARY-1,acme\n",
}  # fmt: skip


def write_bundle(folder: Path, files: dict[str, str] = FILES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


@dataclass(frozen=True)
class Served:
    workspace: Workspace
    store: Store
    app: FastAPI
    bundle: Path


def serve(folder: Path, files: dict[str, str] = FILES) -> Served:
    bundle = write_bundle(folder / "bundle", files)
    workspace = Workspace.create(folder / "ws", Settings(name="Test desk", time_zone="Europe/Berlin"))
    from datetime import UTC, datetime

    import_bundle(workspace, bundle, as_of=datetime(2026, 11, 1, 12, tzinfo=UTC))
    store = Store.open(workspace.root)
    with store.work() as work:
        secret = first_administrator(work)
        assert secret is not None
        choose_password(work, secret, PASSWORD)
        for email, grants in (*PEOPLE.values(), *ACROSS.values()):
            if grants is not None:
                own = {"tech@example.org": "t-ann", "tech2@example.org": "t-bob"}.get(email)
                _, link = add_person(work, email, email.split("@")[0], grants, by="test", technician_id=own)
                choose_password(work, link, PASSWORD)
    return Served(workspace, store, create(workspace, store), bundle)


def form_token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found, page[:2000]
    return found.group(1)


def signed_in(app: FastAPI, email: str) -> TestClient:
    client = TestClient(app, raise_server_exceptions=False)
    token = form_token(client.get("/sign-in").text)
    answer = client.post(
        "/sign-in", data={"email": email, "password": PASSWORD, "token": token}, follow_redirects=False
    )
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    with quick_hashes():
        yield


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = serve(tmp_path_factory.mktemp("served"))
    yield made
    made.app.state.serving.desks.close()
    made.store.close()


@pytest.fixture(scope="session")
def as_role(served: Served) -> Callable[[str], TestClient]:
    clients: dict[str, TestClient] = {}

    def get(role: str) -> TestClient:
        if role not in clients:
            clients[role] = signed_in(served.app, (PEOPLE | ACROSS)[role][0])
        return clients[role]

    return get
