"""Nothing of another client comes out: every route × every role × both clients, with canaries in the other client's rows.

The addresses come from the application's own table of routes (``tests/web/addresses.py``), so that a new route is walked by itself.
"""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from tests.web.addresses import NO_WALK, QUESTIONS, SLOW, addresses, form_of, paths, routes
from tests.web.conftest import ACROSS, PEOPLE, Served, form_token, serve, signed_in

AsRole = Callable[[str], TestClient]
CANARY = re.compile(r"canar|987[,. ]?654|876[,. ]?543|988[,. ]?654|c-it|t-bob|hushington", re.I)
ACME = re.compile(r"acme|alma|printer|whisperly|t-ann", re.I)
COLLEAGUES = re.compile(r"whisperly|hushington|t-ann|t-bob|role-ann", re.I)
NAMES = re.compile(r"whisperly|hushington|t-ann|t-bob|31\.41|27\.18", re.I)
MONEY = re.compile(r"987[,. ]?654|876[,. ]?543|988[,. ]?654|31\.41|27\.18", re.I)
SEES_ONE_CLIENT = ("account_manager", "technician", "client_manager", "client_viewer")
SEES_NO_NAMES = ("finance", "account_manager", "client_manager", "client_viewer")
SEES_NO_MONEY = ("delivery_manager", *SEES_ONE_CLIENT)
STEPS = {"client_manager": 1, "technician": 1, "administrator": 5}
"""Of the addresses of a route, whoever differs most from the others asks each, the others every second one."""


def forbidden(role: str) -> list[re.Pattern[str]]:
    """What a person in that role, with acme's or across for the other client's records, must not meet."""
    plain = role.removeprefix("across ")
    found = []
    if plain in SEES_ONE_CLIENT:
        found.append(CANARY if plain == role else ACME)
    if plain in SEES_NO_NAMES:
        found.append(NAMES)
    if plain in SEES_NO_MONEY:
        found.append(MONEY)
    return found


def told_by(answer: object, address: str) -> str:
    """Everything that an answer tells: headers and body, packed files unpacked; without the words of the asker, whose echo is no leak."""
    body = answer.content  # type: ignore[attr-defined]
    text = answer.text  # type: ignore[attr-defined]
    if body[:4] == b"PAR1":
        text = repr(pq.read_table(io.BytesIO(body)).to_pylist())
    elif body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            text = " ".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    text += repr(dict(answer.headers))  # type: ignore[attr-defined]
    for word in sorted(set(re.findall(r"[\w.@-]+", address)), key=len, reverse=True):
        if any(pattern.search(word) for pattern in (CANARY, ACME, NAMES, MONEY)):
            text = text.replace(word, "")
    return text


def check(role: str, asked: str, told: str) -> None:
    if role.endswith("technician") and re.match(r"(\w+ )?/(raci|accountability)", asked):
        told = COLLEAGUES.sub("", told)  # the matrix says who answers for what, to all who may see names
    for pattern in forbidden(role):
        found = pattern.search(told)
        assert not found, (role, asked, told[max(0, found.start() - 200) : found.end() + 100])


def test_the_suite_knows_every_route(served: Served) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for route in routes(served.app, method):
            assert paths(route)
    known = {r.path for r in routes(served.app, "GET")} | {r.path for r in routes(served.app, "POST")}
    assert len(known) > 25, "the routes of the application were not found"
    assert set(QUESTIONS) - known == set(), "questions for routes that are gone"


@pytest.mark.parametrize("role", [*PEOPLE, *ACROSS])
def test_no_role_reads_more_than_its_own(
    role: str, served: Served, as_role: AsRole, caplog: pytest.LogCaptureFixture
) -> None:
    client, seen = as_role(role), 0
    caplog.set_level("INFO", "pacesetter")
    for asked in addresses(served.app).values():
        for address in asked[:: -STEPS.get(role, 2)]:
            if role != "client_manager" and address in SLOW:
                continue
            answer = client.get(address, follow_redirects=False)
            assert answer.status_code < 500, (address, answer.text[-800:])
            seen += answer.status_code == 200
            check(role, address, told_by(answer, address))
    assert seen > 25, "hardly anything was answered: the suite shows nothing"
    assert not CANARY.search(caplog.text) and not NAMES.search(caplog.text) and not ACME.search(caplog.text)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """An application of this module's own, whose state may be changed."""
    return serve(tmp_path_factory.mktemp("posts"))


@pytest.mark.parametrize("role", [r for r in PEOPLE if r != "administrator"])
def test_no_form_tells_or_does_more_than_its_own(role: str, own: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "pacesetter")
    client = signed_in(own.app, PEOPLE[role][0])
    token = form_token(client.get("/account").text)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for route in routes(own.app, method):
            if route.path in NO_WALK:
                continue
            for path in paths(route):
                data = form_of(route)
                answer = client.request(method, path, data=data | {"token": token}, follow_redirects=False)
                assert answer.status_code < 500, (path, answer.text[-800:])
                check(role, f"{method} {path}", told_by(answer, f"{path} {' '.join(data.values())}"))
    assert client.get("/account").status_code == 200, "the session has gone: what came after it shows nothing"
    assert not CANARY.search(caplog.text) and not NAMES.search(caplog.text)


def test_those_who_may_do_see_the_canaries(as_role: AsRole) -> None:
    """The suite can fail: the administrator meets in the same places what the others must not meet."""
    administrator = as_role("administrator")
    assert "Canary Holding" in administrator.get("/kpis/resolution_time?by=client").text
    assert "CANARY-1" in administrator.get("/kpis/resolution_time/rows").text
    packed = administrator.get("/api/v1/kpis/resolution_time/rows?format=parquet")
    assert "CANARY-1" in told_by(packed, ""), "packed files are looked into"
    assert "Hushington" in administrator.get("/tickets/CANARY-1").text
    assert MONEY.search(administrator.get("/api/v1/kpis/cost_of_goods_sold/answers?by=client").text)
    assert CANARY.search(as_role("client_manager").get("/kpis/resolution_time").text) is None
    assert "Canary Holding" in as_role("across client_manager").get("/kpis/resolution_time?by=client").text


@pytest.mark.parametrize("path", ["/tickets/{}", "/clients/{}"])
def test_what_is_out_of_reach_looks_like_what_is_not_there(path: str, as_role: AsRole) -> None:
    client = as_role("client_manager")
    pages = [client.get(path.format(i)) for i in ("canary-client", "CANARY-1", "nothing-of-the-kind")]
    assert {p.status_code for p in pages} == {404}
    assert len({re.sub(r"Request \w+", "", p.text) for p in pages}) == 1


def test_own_rows_are_there_without_private_notes_and_names(as_role: AsRole) -> None:
    page = as_role("client_manager").get("/tickets/A-1").text
    assert "Printer 1" in page and "reply" in page
    assert "note" not in re.sub(r'class="note"', "", page) and "Whisperly" not in page
    assert "Whisperly" in as_role("delivery_manager").get("/tickets/A-1").text


def test_a_route_without_values_for_its_variable_fails(tmp_path: Path) -> None:
    from fastapi import FastAPI

    app = FastAPI()
    app.get("/things/{unheard_of}")(lambda unheard_of: unheard_of)
    with pytest.raises(KeyError, match="VARIABLES"):
        addresses(app)
