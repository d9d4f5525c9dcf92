"""Signing in over HTTP: forms, cookies, redirects, headers, tokens."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import PASSWORD, PEOPLE, Served, form_token, signed_in

from pacesetter import clock
from pacesetter.access.people import new_link, person_named
from pacesetter.access.signing_in import FAILURES_BEFORE_LOCK
from pacesetter.web.signing import local_path

AsRole = Callable[[str], TestClient]


def test_pages_lead_to_the_sign_in_and_back(served: Served) -> None:
    client = TestClient(served.app)
    answer = client.get("/kpis/csat?period=last-year", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fkpis%2Fcsat%3Fperiod%3Dlast-year"
    page = client.get(answer.headers["location"])
    data = {"email": "cm@example.org", "password": PASSWORD, "token": form_token(page.text), "next": "/kpis/csat"}
    assert client.post("/sign-in", data=data, follow_redirects=False).headers["location"] == "/kpis/csat"


@pytest.mark.parametrize("text", ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil", "/a\n/b", ""])
def test_nobody_is_sent_to_another_server(text: str) -> None:
    assert local_path(text) == "/"


def test_the_session_cookie_is_not_for_scripts_and_secure_where_there_is_https(served: Served) -> None:
    for scheme, secure in (("http", False), ("https", True)):
        client = TestClient(served.app, base_url=f"{scheme}://testserver")
        token = form_token(client.get("/sign-in").text)
        data = {"email": "fin@example.org", "password": PASSWORD, "token": token}
        answer = client.post("/sign-in", data=data, follow_redirects=False)
        cookie = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
        assert ("Secure" in cookie) is secure and cookie.startswith("__Host-") is secure
        assert ("strict-transport-security" in answer.headers) is secure


def test_a_form_from_elsewhere_is_refused(served: Served, as_role: AsRole) -> None:
    stranger = TestClient(served.app)
    stranger.get("/sign-in")
    data = {"email": "fin@example.org", "password": PASSWORD, "token": "guessed"}
    assert stranger.post("/sign-in", data=data).status_code == 403
    client = as_role("finance")
    token = form_token(client.get("/account").text)
    assert client.post("/sign-out", data={"token": "guessed"}).status_code == 403
    for headers in (
        {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "same-site"},
    ):  # fmt: skip
        assert client.post("/sign-out", data={"token": token}, headers=headers).status_code == 403
    assert client.get("/account").status_code == 200, "still signed in"


def test_signing_out_ends_the_session_on_the_server(served: Served) -> None:
    client = signed_in(served.app, "fin@example.org")
    kept = dict(client.cookies)
    client.post("/sign-out", data={"token": form_token(client.get("/account").text)})
    again = TestClient(served.app, cookies=kept)
    assert again.get("/account", follow_redirects=False).status_code == 303


def test_a_wrong_password_is_told_and_then_locks(served: Served) -> None:
    client = TestClient(served.app)
    token = form_token(client.get("/sign-in").text)
    for _ in range(FAILURES_BEFORE_LOCK):
        answer = client.post("/sign-in", data={"email": "cv@example.org", "password": "wrong", "token": token})
        assert answer.status_code == 403 and "wrong" in answer.text and "alert" in answer.text
    right = client.post("/sign-in", data={"email": "cv@example.org", "password": PASSWORD, "token": token})
    assert right.status_code == 403
    with served.store.work() as work:
        person_named(work, "cv@example.org").locked_until = None


def test_a_link_leads_to_a_password_and_into_the_application_once(served: Served) -> None:
    with served.store.work() as work:
        secret = new_link(work, person_named(work, "am@example.org"), by="test")
    client = TestClient(served.app)
    page = client.get(f"/welcome/{secret}")
    assert page.headers["referrer-policy"] == "no-referrer"
    data = {"token": form_token(page.text), "password": "short", "again": "short"}
    assert "at least 12" in client.post(f"/welcome/{secret}", data=data).text
    data |= {"password": PASSWORD, "again": PASSWORD + "x"}
    assert "differ" in client.post(f"/welcome/{secret}", data=data).text
    data["again"] = PASSWORD
    as_chromium_does = {"origin": "null", "sec-fetch-site": "same-origin"}  # for the page sends no referrer
    assert client.post(f"/welcome/{secret}", data=data, headers=as_chromium_does).status_code == 200
    assert client.get("/account").status_code == 200
    assert TestClient(served.app).get(f"/welcome/{secret}").status_code == 400


def test_every_answer_has_the_headers(served: Served, as_role: AsRole) -> None:
    for answer in (
        as_role("finance").get("/"),
        as_role("finance").get("/nope"),
        TestClient(served.app).get("/api/v1/me"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["x-request-id"]


def test_pages_hold_no_script_and_style_of_their_own_and_nothing_from_elsewhere(as_role: AsRole) -> None:
    client = as_role("administrator")
    for path in ("/", "/clients", "/kpis/resolution_time", "/kpis/resolution_time/rows", "/tickets/A-1",
                 "/data-quality", "/account"):  # fmt: skip
        page = client.get(path).text
        assert " style=" not in page and "<style" not in page and " onclick" not in page, path
        assert (
            "<script>" not in page and "http://" not in page.replace("http://testserver", "") and "https://" not in page
        ), path
        assert '<html lang="en">' in page and 'href="#main"' in page and '<main id="main"' in page, path
        assert page.count("<h1") == 1, path


def test_tokens_open_the_api_and_end(served: Served, as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = as_role("client_manager")
    data = {"token": form_token(manager.get("/account").text), "name": "report"}
    data["until"] = str((clock.now() + timedelta(days=5)).date())
    page = manager.post("/account/tokens", data=data).text
    text = page[page.index("pace_") :].split("<")[0]
    assert text not in manager.get("/account").text, "a token is shown once"
    program = TestClient(served.app, headers={"authorization": f"Bearer {text}"})
    assert program.get("/api/v1/me").json()["clients"] == ["acme"]
    answers = program.get("/api/v1/kpis/tickets_created/answers?by=client").json()
    assert [(a["dimensions"], a["value"]) for a in answers] == [({"client": "acme"}, 20)]
    monkeypatch.setenv("PACESETTER_NOW", (clock.now() + timedelta(days=7)).isoformat())
    late = program.get("/api/v1/me")
    assert late.status_code == 401 and late.headers["content-type"] == "application/problem+json"
    assert late.headers["www-authenticate"] == "Bearer"


def test_a_token_can_be_for_some_clients_only(served: Served, as_role: AsRole) -> None:
    finance = as_role("finance")
    data = {"token": form_token(finance.get("/account").text), "name": "acme only", "clients": "acme"}
    data["until"] = str((clock.now() + timedelta(days=5)).date())
    text = finance.post("/account/tokens", data=data).text
    token = text[text.index("pace_") :].split("<")[0]
    program = TestClient(served.app, headers={"authorization": f"Bearer {token}"})
    assert program.get("/api/v1/me").json()["clients"] == ["acme"]
    assert [c["id"] for c in program.get("/api/v1/clients").json()] == ["acme"]
    assert finance.get("/api/v1/me").json()["clients"] is None
    manager = as_role("client_manager")
    wrong = data | {"token": form_token(manager.get("/account").text), "clients": "canary-client"}
    assert manager.post("/account/tokens", data=wrong).status_code == 400


def test_a_viewer_takes_no_files(as_role: AsRole) -> None:
    viewer = as_role("client_viewer")
    assert viewer.get("/api/v1/kpis/csat/answers").status_code == 200
    for path in ("/api/v1/kpis/csat/answers?format=csv", "/api/v1/kpis/csat/rows?format=parquet"):
        assert viewer.get(path).status_code == 403
    assert "format=csv" not in viewer.get("/kpis/csat").text


def test_signed_out_programs_get_a_problem(served: Served) -> None:
    answer = TestClient(served.app).get("/api/v1/kpis")
    assert answer.status_code == 401
    assert {"type", "title", "status", "detail", "instance", "request_id"} <= set(answer.json())
    assert TestClient(served.app, headers={"authorization": "Bearer pace_no"}).get("/api/v1/kpis").status_code == 401


def test_every_role_has_a_person_in_the_tests() -> None:
    from pacesetter.access.roles import ROLES

    assert set(PEOPLE) == set(ROLES)
