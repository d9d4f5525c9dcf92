"""The pages of people and access: adding, granting, ending, disabling; each with its guard and its line in the log."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import PASSWORD, PEOPLE, Served, form_token, serve, signed_in

from pacesetter.access import audit
from pacesetter.access.people import new_link, person_named
from pacesetter.access.standing import standings
from pacesetter.access.store import Store
from pacesetter.settings import Settings
from pacesetter.warehouse.workspace import Workspace
from pacesetter.web.app import create

AsRole = Callable[[str], TestClient]
GRANT = {"role": "client_manager", "clients": "acme", "reason": "contract 2026-17", "until": "2030-12-31"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = serve(tmp_path_factory.mktemp("people"))
    yield made
    made.store.close()


class Admin:
    """An administrator's browser."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.browser = signed_in(served.app, "admin")
        self.token = form_token(self.browser.get("/account").text)

    def post(self, path: str, status: int = 303, **data: object) -> str:
        answer = self.browser.post(path, data={"token": self.token} | data, follow_redirects=False)
        assert answer.status_code == status, answer.text[-1500:]
        return answer.text

    def add(self, email: str, **changes: object) -> int:
        self.post("/people", 200, email=email, name=email.split("@")[0], **(GRANT | changes))
        return self.id_of(email)

    def id_of(self, email: str) -> int:
        with self.served.store.work() as work:
            return person_named(work, email).id

    def log(self, count: int = 1) -> list[tuple[str, str, str | None]]:
        with self.served.store.work() as work:
            return [(e.who, e.what, e.about) for e in audit.latest(work, count)]


@pytest.fixture(scope="module")
def admin(own: Served) -> Admin:
    return Admin(own)


def test_somebody_is_let_in_with_a_role_a_reason_an_end_and_a_link_shown_once(admin: Admin, own: Served) -> None:
    page = admin.post("/people", 200, email="New@Acme.example", name="Nell New", **GRANT)
    (link,) = re.findall(r"http://testserver(/welcome/[\w-]+)", page)
    here = admin.id_of("new@acme.example")
    assert link not in admin.browser.get(f"/people/{here}").text
    browser = TestClient(own.app)
    data = {"token": form_token(browser.get(link).text), "password": PASSWORD, "again": PASSWORD}
    assert browser.post(link, data=data, follow_redirects=False).status_code == 303
    told = browser.get("/api/v1/me").json()
    assert (told["role"], told["clients"]) == ("client_manager", ["acme"])
    with own.store.work() as work:
        entry = next(e for e in audit.latest(work, 10) if e.what == "role granted")
        assert entry.who == "admin" and entry.after is not None
        assert entry.after["reason"] == "contract 2026-17" and entry.after["ends_at"].startswith(
            "2031-01-01T00:00:00+01:00"
        )
    listed = admin.browser.get("/people?q=nell").text
    assert "Acme Works" in listed and "may sign in" in listed and "cv@example.org" not in listed


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"clients": ["acme", "canary-client"]}, "one client"), ({"clients": "acmee"}, "no client"), ({"reason": " "}, "reason"),
        ({"role": "king"}, "no role"), ({"until": "2020-01-01"}, "ended already"), ({"until": "soon"}, "soon"),
        ({"email": "not an address"}, "e-mail address"), ({"email": "cv@example.org"}, "already"),
        ({"role": "technician", "clients": ""}, "technician"), ({"extra": "magic"}, "no permission"),
        ({"technician": "t-nobody"}, "no technician"), ({"role": "administrator"}, "sees everything"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_on_the_page_and_adds_nobody(
    admin: Admin, changes: dict[str, object], complaint: str
) -> None:
    page = admin.post("/people", 400, **({"email": "x@acme.example"} | GRANT | changes))
    assert 'role="alert"' in page and complaint in page
    with admin.served.store.work() as work, pytest.raises(Exception, match="nobody signs in"):
        person_named(work, "x@acme.example")


def test_roles_are_given_and_ended_one_by_one(admin: Admin, own: Served) -> None:
    here = admin.add("roles@acme.example")
    admin.post(
        f"/people/{here}/grants",
        role="account_manager",
        clients=["acme", "canary-client"],
        reason="cover",
        extra="money",
    )
    page = admin.browser.get(f"/people/{here}").text
    assert "Canary Holding" in page and "cover" in page and "money" in page
    with own.store.work() as work:
        assert [s.role.id for s in standings(work, person_named(work, "roles@acme.example"))] == [
            "account_manager",
            "client_manager",
        ]
    first = re.findall(r'grants/end.*?name="id" value="(\d+)"', page)[0]
    admin.post(f"/people/{here}/grants/end", id=first)
    assert admin.log() == [("admin", "role revoked", "roles@acme.example")]
    admin.post(f"/people/{here}/grants/end", 400, id=first)
    other = admin.id_of("cv@example.org")
    with own.store.work() as work:
        (held,) = standings(work, person_named(work, "roles@acme.example"))
        assert held.role.id == "account_manager" and held.scope.clients == frozenset({"acme", "canary-client"})
    left = re.findall(r'grants/end.*?name="id" value="(\d+)"', admin.browser.get(f"/people/{here}").text)[0]
    admin.post(f"/people/{other}/grants/end", 400, id=left)


def test_disabling_ends_what_is_open_and_can_be_undone(admin: Admin, own: Served) -> None:
    client = signed_in(own.app, "fin@example.org")
    here = admin.id_of("fin@example.org")
    admin.post(f"/people/{here}/disable")
    assert client.get("/account", follow_redirects=False).status_code == 303
    assert "disabled" in admin.browser.get(f"/people/{here}").text
    admin.post(f"/people/{here}/link", 400)
    browser = TestClient(own.app)
    data = {"email": "fin@example.org", "password": PASSWORD, "token": form_token(browser.get("/sign-in").text)}
    assert browser.post("/sign-in", data=data).status_code == 403
    admin.post(f"/people/{here}/enable")
    assert signed_in(own.app, "fin@example.org").get("/account").status_code == 200
    assert [what for _, what, _ in admin.log(4)][1:] == ["person enabled", "sign-in refused", "person disabled"]


def test_the_last_administrator_stays(admin: Admin) -> None:
    here = admin.id_of("admin")
    admin.post(f"/people/{here}/disable", 400)
    grant = re.findall(r'grants/end.*?name="id" value="(\d+)"', admin.browser.get(f"/people/{here}").text)[0]
    assert "only administrator" in admin.post(f"/people/{here}/grants/end", 400, id=grant)
    other = admin.add("second@msp.example", role="administrator", clients="")
    admin.post(f"/people/{other}/disable")
    assert "only administrator" in admin.post(f"/people/{here}/grants/end", 400, id=grant)


def test_sessions_tokens_and_links_of_others_are_ended(admin: Admin, own: Served) -> None:
    client = signed_in(own.app, PEOPLE["client_manager"][0])
    token = form_token(client.get("/account").text)
    made = client.post("/account/tokens", data={"token": token, "name": "report", "until": "2026-12-31"})
    assert "pace_" in made.text
    here = admin.id_of("cm@example.org")
    page = admin.browser.get(f"/people/{here}").text
    (held,) = re.findall(r'tokens/revoke.*?name="id" value="(\d+)"', page)
    admin.post(f"/people/{here}/tokens/revoke", id=held)
    assert admin.log() == [("admin", "token revoked", "cm@example.org")]
    admin.post(f"/people/{here}/sessions/end")
    assert client.get("/account", follow_redirects=False).status_code == 303
    with own.store.work() as work:
        old = new_link(work, person_named(work, "cm@example.org"), by="test")
    assert "/welcome/" in admin.post(f"/people/{here}/link", 200)
    assert TestClient(own.app).get(f"/welcome/{old}").status_code == 400


def test_the_log_is_searched_by_who_what_about_and_day(admin: Admin) -> None:
    admin.add("logged@acme.example")
    page = admin.browser.get("/people/log").text
    assert "person added" in page and "logged@acme.example" in page and "contract 2026-17" in page
    for words, found in (
        ("who=ADMIN&what=role+granted&about=logged", True), ("about=nobody-of-that-name", False), ("to=2020-01-01", False),
        ("from=2020-01-01", True), ("who=%25", False), ("about=logged%40", True),
    ):  # fmt: skip
        rows = admin.browser.get(f"/people/log?{words}").text
        assert ("logged@acme.example</td>" in rows) is found, words
    assert admin.browser.get("/people/log?from=yesterday").status_code == 400
    assert admin.browser.get("/people/log?before=nonsense").status_code == 200


def test_the_log_goes_back_page_by_page(admin: Admin, own: Served) -> None:
    with own.store.work() as work:
        for number in range(150):
            audit.note(work, "filler", f"deed {number}", None)
    first = admin.browser.get("/people/log?who=filler").text
    older = re.search(r'href="(/people/log\?[^"]+)" rel="next"', first)
    assert older and first.count("<tr>") == 101
    second = admin.browser.get(older.group(1).replace("&amp;", "&")).text
    assert second.count("<tr>") == 51 and "deed 0<" in second and 'rel="next"' not in second


def test_nobody_else_comes_here(own: Served) -> None:
    for role, (email, _) in PEOPLE.items():
        if role == "administrator":
            continue
        client = signed_in(own.app, email)
        token = form_token(client.get("/account").text)
        for path in ("/people", "/people/log", "/people/1"):
            assert client.get(path).status_code == 403, (role, path)
        for path in ("/people", "/people/1/grants", "/people/1/disable", "/people/1/link"):
            data = {"token": token, "email": "a@b.example", "id": "1"} | GRANT
            assert client.post(path, data=data).status_code == 403, (role, path)
        assert 'href="/people"' not in client.get("/account").text


def test_forms_of_others_are_refused(admin: Admin) -> None:
    answer = admin.browser.post("/people/1/disable", data={"token": "guessed"})
    assert answer.status_code == 403
    assert admin.browser.post("/people", data={"email": "e@x.example", "token": "guessed"} | GRANT).status_code == 403
    assert admin.browser.get("/people/999999").status_code == 404


def test_before_the_first_import_people_can_be_let_in_already(tmp_path: Path) -> None:
    from pacesetter.access.people import choose_password, first_administrator

    workspace = Workspace.create(tmp_path, Settings())
    store = Store.open(workspace.root)
    with store.work() as work:
        secret = first_administrator(work)
        assert secret is not None
        choose_password(work, secret, PASSWORD)
    admin = Admin(Served(workspace, store, create(workspace, store), tmp_path))
    admin.post("/people", 200, email="dm@msp.example", role="delivery_manager", reason="runs the desk")
    store.close()
