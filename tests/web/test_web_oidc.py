"""Signing in by OIDC, end to end with a real provider on loopback: Canaille, in a process of its own."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from tests import oidc_provider
from tests.oidc_provider import sign_in_there
from tests.web.conftest import Served

from pacesetter.access import audit
from pacesetter.access.people import Grants, add_person, disable, enable, person_named
from pacesetter.access.tables import Departure, Identity, Person
from pacesetter.access_settings import FirstSignIn, OidcSettings, SignInSettings
from pacesetter.web.app import create

BACK = "http://testserver/sign-in/oidc/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider.running(BACK) as address:
        yield address


@pytest.fixture
def app(served: Served, issuer: str, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv("OF_THE_CLIENT", oidc_provider.SECRET)
    return with_oidc(served, issuer)


def with_oidc(served: Served, issuer: str, **more: object) -> FastAPI:
    rule = FirstSignIn(domain="new.example", role="client_viewer", clients=("acme",))
    oidc = OidcSettings(
        issuer=issuer, client_id=oidc_provider.CLIENT, client_secret_env="OF_THE_CLIENT", name="the test's provider",
        first_sign_in=(rule,),
    )  # fmt: skip
    sign_in = SignInSettings.model_validate({"oidc": oidc.model_dump()} | more)
    settings = served.workspace.settings.model_copy(update={"sign_in": sign_in})
    with served.store.work() as work:
        if work.scalar(select(Person).where(Person.email == "ada@example.org")) is None:
            add_person(work, "ada@example.org", "Ada", Grants(role="finance"), by="test")
    return create(replace(served.workspace, settings=settings), served.store)


def left(app: FastAPI, after: str = "/account") -> tuple[TestClient, str]:
    """A browser that was sent to the provider, and the address there."""
    browser = TestClient(app)
    assert "the test&#39;s provider" in browser.get("/sign-in").text
    answer = browser.get(f"/sign-in/oidc?next={after}", follow_redirects=False)
    assert answer.status_code == 303
    return browser, answer.headers["location"]


def test_somebody_with_a_verified_address_is_let_in_as_who_they_are(
    app: FastAPI, served: Served, issuer: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser, there = left(app)
    asked = parse_qs(urlsplit(there).query)
    assert there.startswith(f"{issuer}/oauth/authorize?") and asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"] and asked["redirect_uri"] == [BACK]
    assert len(asked["nonce"][0]) > 40 and len(asked["state"][0]) > 40 and len(asked["code_challenge"][0]) == 43
    back = sign_in_there(there, "ada")
    with caplog.at_level(logging.INFO):
        answer = browser.get(back, follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/account", answer.text[-600:]
    assert "ada@example.org" in browser.get("/account").text
    with served.store.work() as work:
        person = person_named(work, "ada@example.org")
        assert work.scalars(select(Identity.subject).where(Identity.person_id == person.id)).all() == ["ada"]
        assert [e.what for e in audit.latest(work, 2)] == ["signed in", "identity linked"]
    told = "".join(
        r.getMessage() for r in caplog.records if "oidc/back" not in r.getMessage()
    )  # the test's own browser
    assert oidc_provider.SECRET not in told and parse_qs(urlsplit(back).query)["code"][0] not in told


def test_they_come_again_under_their_name_there(app: FastAPI) -> None:
    for _ in range(2):
        browser, there = left(app)
        assert browser.get(sign_in_there(there, "ada"), follow_redirects=False).status_code == 303


def refused(app: FastAPI, name: str) -> str:
    browser, there = left(app)
    answer = browser.get(sign_in_there(there, name), follow_redirects=False)
    assert answer.status_code == 403 and 'role="alert"' in answer.text
    assert browser.get("/account", follow_redirects=False).status_code == 303, "nobody is signed in"
    return answer.text


def test_an_address_that_the_provider_has_not_verified_takes_over_nobody(app: FastAPI, served: Served) -> None:
    assert "may not sign in here" in refused(app, "eve")
    with served.store.work() as work:
        person = person_named(work, "fin@example.org")
        assert work.scalar(select(Identity).where(Identity.person_id == person.id)) is None


def test_another_name_with_the_same_address_takes_over_nobody(app: FastAPI, served: Served) -> None:
    browser, there = left(app)
    browser.get(sign_in_there(there, "ada"))
    assert "may not sign in here" in refused(app, "ada-again")


def test_a_rule_lets_a_domain_in_with_its_role_and_no_other_domain(app: FastAPI, served: Served) -> None:
    browser, there = left(app)
    assert browser.get(sign_in_there(there, "nova"), follow_redirects=False).status_code == 303
    told = browser.get("/api/v1/me").json()
    assert (told["role"], told["clients"], told["name"]) == ("client_viewer", ["acme"], "Nova of the provider")
    assert "may not sign in here" in refused(app, "stan")
    with served.store.work() as work:
        assert work.scalar(select(Person).where(Person.email == "stan@stranger.example")) is None
        assert person_named(work, "nova@new.example").password_hash is None


def test_a_disabled_person_stays_out(app: FastAPI, served: Served) -> None:
    browser, there = left(app)
    browser.get(sign_in_there(there, "ada"))
    with served.store.work() as work:
        disable(work, person_named(work, "ada@example.org"), by="test")
    try:
        assert browser.get("/account", follow_redirects=False).status_code == 303
        refused(app, "ada")
    finally:
        with served.store.work() as work:
            enable(work, person_named(work, "ada@example.org"), by="test")


def test_an_answer_serves_one_browser_once(app: FastAPI, served: Served) -> None:
    browser, there = left(app)
    back = sign_in_there(there, "ada")
    other = TestClient(app)
    other.get("/sign-in/oidc", follow_redirects=False)
    assert other.get(back, follow_redirects=False).status_code == 403, (
        "a link that was sent to somebody signs nobody in"
    )
    assert TestClient(app).get(back, follow_redirects=False).status_code == 403
    assert browser.get(back, follow_redirects=False).status_code == 303
    browser.cookies.clear()
    assert browser.get(back, follow_redirects=False).status_code == 403
    with served.store.work() as work:
        assert len(work.scalars(select(Departure)).all()) <= 2


@pytest.mark.parametrize(
    "change", ["code=made-up", "iss=https%3A%2F%2Fevil.example", "error=access_denied", "state=made-up"]
)
def test_changed_words_prove_nothing(app: FastAPI, change: str) -> None:
    browser, there = left(app)
    back = sign_in_there(there, "ada")
    words = {n: v[0] for n, v in parse_qs(urlsplit(back).query).items()} | dict([change.split("=")])
    words = {n: v.replace("%3A", ":").replace("%2F", "/") for n, v in words.items()}
    answer = browser.get("/sign-in/oidc/back", params=words, follow_redirects=False)
    assert answer.status_code == 403, dict(answer.headers)


def test_a_role_that_needs_a_second_factor_needs_it_here_too(
    served: Served, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_CLIENT", oidc_provider.SECRET)
    app = with_oidc(served, issuer, second_factor_for=("finance",))
    browser, there = left(app)
    answer = browser.get(sign_in_there(there, "ada"), follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in/second-factor")
    assert browser.get("/account", follow_redirects=False).status_code == 303


def test_without_passwords_there_is_no_form_for_them(
    served: Served, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = with_oidc(served, issuer, passwords=False)
    browser = TestClient(app)
    page = browser.get("/sign-in").text
    assert 'name="password"' not in page and "/sign-in/oidc" in page
    monkeypatch.delenv("OF_THE_CLIENT", raising=False)
    answer = browser.get("/sign-in/oidc", follow_redirects=False)
    assert answer.status_code == 503 and "OF_THE_CLIENT" not in answer.text, (
        "what is wrong with settings is not for everybody"
    )


def test_a_provider_that_is_away_is_told(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_CLIENT", "x")
    answer = TestClient(with_oidc(served, "http://127.0.0.1:9")).get("/sign-in/oidc", follow_redirects=False)
    assert answer.status_code == 503 and "does not answer" in answer.text
