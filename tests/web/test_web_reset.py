"""A forgotten password: the mail, what its link does, and that nobody learns who signs in here. The mail goes to a real SMTP server."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete
from tests.web.conftest import PASSWORD, Served, form_token, signed_in

from pacesetter import clock
from pacesetter.access.mail import MailNotSent, send
from pacesetter.access.people import Grants, add_person, choose_language, choose_password, person_named
from pacesetter.access.reset import ASKED_PER_ADDRESS, ASKED_PER_PERSON, RESET_LASTS
from pacesetter.access.tables import Attempt
from pacesetter.access_settings import MailSettings
from pacesetter.web.app import create

ADDRESS = "https://desk.example.org"


class Postbox:
    """What arrived."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[attr-defined]
        return "250 taken"


@dataclass
class Post:
    app: FastAPI
    box: Postbox
    browser: TestClient

    def ask(self, email: str) -> str:
        token = form_token(self.browser.get("/sign-in/forgotten").text)
        answer = self.browser.post("/sign-in/forgotten", data={"email": email, "token": token})
        assert answer.status_code == 200
        return re.sub(r'value="[^"]*"', "", answer.text)

    def link(self) -> str:
        found = re.search(rf"{ADDRESS}(/welcome/\S+)", self.box.mails[-1].get_content())  # type: ignore[attr-defined]
        assert found
        return found.group(1)


def check(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"desk", b"of the mail")
    return AuthResult(success=right, handled=False)


@pytest.fixture(scope="module")
def smtp() -> Iterator[Controller]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Controller(Postbox(), hostname="127.0.0.1", port=port, auth_require_tls=False, authenticator=check)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def post(served: Served, smtp: Controller, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setenv("OF_THE_MAIL", "of the mail")
    mail = MailSettings(
        host="127.0.0.1", port=smtp.port, security="none", user="desk",
        password_env="OF_THE_MAIL", sender="Test desk <desk@example.org>",
    )  # fmt: skip
    settings = served.workspace.settings.model_copy(update={"mail": mail, "address": ADDRESS})
    app = create(replace(served.workspace, settings=settings), served.store)
    smtp.handler.mails.clear()
    with served.store.work() as work:
        work.execute(delete(Attempt))
    return Post(app, smtp.handler, TestClient(app))


def test_the_link_leads_to_a_new_password_once_and_ends_other_sessions(post: Post, served: Served) -> None:
    with served.store.work() as work:
        _, link = add_person(work, "lost@example.org", "Lo Lost", Grants(role="finance"), by="test")
        choose_password(work, link, PASSWORD)
    before = signed_in(post.app, "lost@example.org")
    assert "/sign-in/forgotten" in post.browser.get("/sign-in").text
    post.ask(" Lost@Example.org")
    (mail,) = post.box.mails
    assert mail["to"] == "lost@example.org" and mail["from"] == "Test desk <desk@example.org>"
    assert mail["subject"] == "A new password for Test desk" and "Hello Lo Lost" in mail.get_content()  # type: ignore[attr-defined]
    path = post.link()
    page = post.browser.get(path)
    data = {"token": form_token(page.text), "password": "another good password", "again": "another good password"}
    answer = post.browser.post(path, data=data, follow_redirects=False)
    assert answer.status_code == 303 and post.browser.get("/account").status_code == 200
    assert before.get("/account", follow_redirects=False).status_code == 303
    assert TestClient(post.app).get(path).status_code == 400, "once"


def test_nobody_learns_who_signs_in_here(post: Post, served: Served) -> None:
    with served.store.work() as work:
        add_person(work, "fresh@example.org", "Fresh", Grants(role="finance"), by="test")
    known = post.ask("dm@example.org")
    asked = ["nobody@example.org", "admin", "fresh@example.org", "x" * 250, "a@b\r\nBcc: c@d.example"]
    assert {post.ask(email) for email in asked} == {known}
    assert [m["to"] for m in post.box.mails] == ["dm@example.org"], "who never chose a password has none to forget"
    assert "dm@example.org" not in known


def test_a_link_is_too_old_after_an_hour(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.ask("dm@example.org")
    path = post.link()
    assert post.browser.get(path).status_code == 200
    monkeypatch.setenv("PACESETTER_NOW", (clock.now() + RESET_LASTS + timedelta(seconds=1)).isoformat())
    assert post.browser.get(path).status_code == 400


def test_only_the_newest_link_works(post: Post) -> None:
    post.ask("dm@example.org")
    first = post.link()
    post.ask("dm@example.org")
    assert post.browser.get(first).status_code == 400 and post.browser.get(post.link()).status_code == 200


def test_a_postbox_is_not_flooded_and_an_address_asks_only_so_often(post: Post) -> None:
    for _ in range(ASKED_PER_ADDRESS):
        post.ask("am@example.org")
    assert len(post.box.mails) == ASKED_PER_PERSON
    token = form_token(post.browser.get("/sign-in/forgotten").text)
    for email in ("am@example.org", "nobody@example.org"):
        answer = post.browser.post("/sign-in/forgotten", data={"email": email, "token": token})
        assert answer.status_code == 429 and "retry-after" in answer.headers


def test_mails_speak_the_language_of_their_reader(post: Post, served: Served) -> None:
    with served.store.work() as work:
        choose_language(work, person_named(work, "cm@example.org").id, "de")
    try:
        post.ask("cm@example.org")
        assert "Kennwort" in post.box.mails[-1]["subject"]
        assert ADDRESS in post.box.mails[-1].get_content()  # type: ignore[attr-defined]
    finally:
        with served.store.work() as work:
            choose_language(work, person_named(work, "cm@example.org").id, None)


def test_what_goes_wrong_with_the_mail_is_for_the_log_and_says_no_address(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OF_THE_MAIL", "not the password")
    known = post.ask("dm@example.org")
    assert (
        "mail server did not take" in caplog.text and "dm@" not in caplog.text and "not the password" not in caplog.text
    )
    monkeypatch.delenv("OF_THE_MAIL")
    assert post.ask("dm@example.org") == known and "OF_THE_MAIL" in caplog.text


def test_mail_goes_over_tls_unless_the_settings_say_otherwise(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = post.app.state.serving.workspace.settings.mail
    for security in ("starttls", "tls"):
        with pytest.raises(MailNotSent):
            send(plain.model_copy(update={"security": security}), "dm@example.org", "S", "T")
    assert MailSettings(host="h", sender="a@b.example").security == "starttls" and post.box.mails == []


def test_without_mail_there_is_no_such_page(served: Served) -> None:
    browser = TestClient(served.app)
    assert browser.get("/sign-in/forgotten").status_code == 404
    token = form_token(browser.get("/sign-in").text)
    assert browser.post("/sign-in/forgotten", data={"email": "x@y.example", "token": token}).status_code == 404


def test_a_form_from_elsewhere_sends_nothing(post: Post) -> None:
    assert (
        post.browser.post("/sign-in/forgotten", data={"email": "dm@example.org", "token": "guessed"}).status_code == 403
    )
    assert post.box.mails == []
