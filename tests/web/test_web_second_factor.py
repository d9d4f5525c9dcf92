"""The second factor over HTTP: choosing one on the account page or at the door, signing in with it, losing it."""

import re
from dataclasses import replace

import pyotp
import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import PASSWORD, Served, form_token, signed_in

from pacesetter import clock
from pacesetter.access import second_factor
from pacesetter.access.people import Grants, add_person, choose_password, person_named
from pacesetter.access_settings import SignInSettings
from pacesetter.errors import BadRequest
from pacesetter.web.app import create

EMAIL = "two@example.org"


@pytest.fixture
def somebody(served: Served) -> str:
    with served.store.work() as work:
        _, link = add_person(work, EMAIL, "Two", Grants(role="finance"), by="test")
        choose_password(work, link, PASSWORD)
    return EMAIL


@pytest.fixture(autouse=True)
def _forget(served: Served, monkeypatch: pytest.MonkeyPatch) -> object:
    yield
    with served.store.work() as work:
        try:
            person = person_named(work, EMAIL)
        except BadRequest:  # the test made nobody
            return
        second_factor.take_away(work, person, by="test")
        person.email = f"gone-{person.id}@example.org"


def seed_of(page: str) -> str:
    found = re.search(r'class="seed">([A-Z2-7]{32})<', page)
    assert found and "<svg" in page and 'class="qr"' in page and " style=" not in page
    return found.group(1)


def codes_of(page: str) -> list[str]:
    return re.findall(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b", page)


def at_the_door(served: Served, app: object, email: str) -> tuple[TestClient, str]:
    browser = TestClient(app)  # type: ignore[arg-type]
    token = form_token(browser.get("/sign-in").text)
    data = {"email": email, "password": PASSWORD, "token": token, "next": "/account"}
    return browser, browser.post("/sign-in", data=data, follow_redirects=False).headers["location"]


def test_choosing_one_and_signing_in_with_it(served: Served, somebody: str) -> None:
    client = signed_in(served.app, somebody)
    token = form_token(client.get("/account").text)
    page = client.post("/account/second-factor", data={"token": token}).text
    seed = seed_of(page)
    wrong = client.post("/account/second-factor/confirm", data={"token": token, "code": "000000"})
    assert wrong.status_code == 400 and seed_of(wrong.text) == seed, "the same picture again"
    totp, now = pyotp.TOTP(seed), clock.now().timestamp()
    done = client.post("/account/second-factor/confirm", data={"token": token, "code": totp.at(int(now))}).text
    recovery = codes_of(done)
    assert len(recovery) == 10 and recovery[0] not in client.get("/account").text, "shown once"
    browser, there = at_the_door(served, served.app, somebody)
    assert there == "/sign-in/code?next=%2Faccount"
    assert browser.get("/account", follow_redirects=False).status_code == 303, "not signed in yet"
    form = form_token(browser.get(there).text)
    refused = browser.post("/sign-in/code", data={"token": form, "code": "111111", "next": "/account"})
    assert refused.status_code == 403 and "alert" in refused.text
    entered = browser.post(
        "/sign-in/code", data={"token": form, "code": recovery[0], "next": "/account"}, follow_redirects=False
    )
    assert entered.status_code == 303 and entered.headers["location"] == "/account"
    assert "second factor" in browser.get("/account").text
    token = form_token(browser.get("/account").text)
    assert "is wrong" in browser.post("/account/second-factor/remove", data={"token": token, "code": recovery[0]}).text
    browser.post("/account/second-factor/remove", data={"token": token, "code": recovery[1]})
    assert "Add a second factor" in browser.get("/account").text


def test_a_role_that_needs_one_leads_to_choosing_it_first(served: Served, somebody: str) -> None:
    settings = served.workspace.settings.model_copy(update={"sign_in": SignInSettings(second_factor_for=("finance",))})
    app = create(replace(served.workspace, settings=settings), served.store)
    browser, there = at_the_door(served, app, somebody)
    assert there.startswith("/sign-in/second-factor")
    page = browser.get(there).text
    seed, form = seed_of(page), form_token(page)
    assert seed_of(browser.get(there).text) == seed, "a second look shows the same"
    again = browser.post("/sign-in/second-factor", data={"token": form, "code": "000000"})
    assert again.status_code == 400 and "does not fit" in again.text
    code = pyotp.TOTP(seed).at(int(clock.now().timestamp()))
    done = browser.post("/sign-in/second-factor", data={"token": form, "code": code, "next": "/account"})
    assert len(codes_of(done.text)) == 10
    account = browser.get("/account")
    assert account.status_code == 200 and "Take it away" not in account.text
    taken = browser.post(
        "/account/second-factor/remove", data={"token": form_token(account.text), "code": codes_of(done.text)[0]}
    )
    assert taken.status_code == 400 and "your role needs" in taken.text
    old = signed_in_before(served, app)
    assert old.get("/account", follow_redirects=False).status_code == 303, "a session without one has lost the role"


def signed_in_before(served: Served, app: object) -> TestClient:
    kept = dict(signed_in(served.app, "fin@example.org").cookies)
    return TestClient(app, cookies=kept)  # type: ignore[arg-type]


def test_a_step_needs_the_browser_that_took_the_first(served: Served, somebody: str) -> None:
    stranger = TestClient(served.app)
    for path in ("/sign-in/code", "/sign-in/second-factor"):
        answer = stranger.get(path, follow_redirects=False)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?")
    form = form_token(stranger.get("/sign-in").text)
    answer = stranger.post("/sign-in/code", data={"token": form, "code": "123456"}, follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in?")


def test_one_language_is_kept_and_others_sessions_end(served: Served, somebody: str) -> None:
    one, two = signed_in(served.app, somebody), signed_in(served.app, somebody)
    token = form_token(one.get("/account").text)
    one.post("/account/language", data={"token": token, "language": "de"})
    assert '<html lang="de' in one.get("/account").text and '<html lang="de' in two.get("/account").text
    assert one.post("/account/language", data={"token": token, "language": "xx"}).status_code == 400
    one.post("/account/language", data={"token": token, "language": ""})
    assert '<html lang="en' in one.get("/account").text
    one.post("/account/sessions/end-others", data={"token": token})
    assert one.get("/account").status_code == 200
    assert two.get("/account", follow_redirects=False).status_code == 303
