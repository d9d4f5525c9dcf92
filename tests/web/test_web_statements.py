"""Statements on their page: issuing keeps them as the command does, a download is what was kept, and only who may export has either."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from tests.web.conftest import FILES, PEOPLE, Served, form_token, serve, signed_in, write_bundle

from pacesetter.access.tables import Entry
from pacesetter.responsibility.statements import store
from pacesetter.responsibility.statements.issue import silent
from pacesetter.responsibility.statements.verify import verify
from pacesetter.warehouse.importer import import_bundle

LINK = re.compile(r'href="(/clients/acme/statements/2026-10/[0-9a-f]{12})"')


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """An application whose folder the test may write into."""
    made = serve(tmp_path)
    yield made
    made.app.state.serving.desks.close()
    made.store.close()


def _issue(client: TestClient, address: str = "/clients/acme/statements", **words: str) -> Any:
    token = form_token(client.get("/account").text)
    return client.post(address, data={"token": token, "period": "2026-10"} | words, follow_redirects=False)


def _changes(statement: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(statement)) as packed:
        return json.loads(packed.read("changes.json"))


def test_what_is_issued_is_kept_and_a_later_one_says_what_changed(
    own: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, root = signed_in(own.app, PEOPLE["account_manager"][0]), own.workspace.root
    first = _issue(client)
    assert first.status_code == 303
    page = client.get(first.headers["location"]).text
    assert "The statement for 2026-10 is issued and kept." in page
    (link,) = LINK.findall(page)
    (kept,) = store.kept(root, "acme", "2026-10")
    got = client.get(link)
    assert got.content == kept.read_bytes() and got.headers["content-type"] == "application/zip"
    assert verify(kept, silent).holds and _changes(got.content)["earlier"] is None

    changed = FILES["tickets"].replace("A-20,acme,2026-10-20T08:00:00Z", "A-20,acme,2026-10-20T08:05:00Z")
    assert changed != FILES["tickets"]
    import_bundle(
        own.workspace, write_bundle(tmp_path / "later", FILES | {"tickets": changed}), as_of=datetime(2026, 11, 2, 12, tzinfo=UTC)
    )  # fmt: skip
    page = client.get(_issue(client).headers["location"]).text
    assert len(LINK.findall(page)) == 2 == len(store.kept(root, "acme", "2026-10"))
    later = next(found for found in (client.get(a).content for a in LINK.findall(page)) if found != got.content)
    said = _changes(later)
    assert said["earlier"]["root"].startswith(link.rsplit("/", 1)[1]) and said["rows"]["tickets"]["changed"]
    with own.store.work() as work:
        lines = [e for e in work.scalars(select(Entry)) if e.what == "statement issued"]
    assert [(e.who, e.about) for e in lines] == [("am@example.org", "acme")] * 2


def test_only_who_may_export_all_of_the_clients_tickets_has_statements(own: Served) -> None:
    manager = signed_in(own.app, PEOPLE["account_manager"][0])
    assert _issue(manager).status_code == 303
    (kept,) = store.kept_for(own.workspace.root, "acme")
    address = f"/clients/acme/statements/{kept.period}/{kept.root}"
    assert manager.get(address).status_code == 200
    for role, status in (("client_viewer", 403), ("technician", 403), ("across client_manager", 404)):
        email = PEOPLE[role][0] if role in PEOPLE else "cm2@example.org"
        other = signed_in(own.app, email)
        assert other.get(address).status_code == status, role
        assert _issue(other).status_code == status, role
        page = other.get("/statements").text
        assert 'action="/clients/acme/statements"' not in page and not LINK.search(page), role
        assert role != "across client_manager" or kept.root not in page
    for wrong in (f"/clients/acme/statements/2026-09/{kept.root}", "/clients/acme/statements/2026-10/000000000000",
                  f"/clients/acme/statements/..%2F..%2Fkeys/{kept.root}"):  # fmt: skip
        assert manager.get(wrong).status_code == 404
    assert _issue(manager, "/clients/canary-client/statements").status_code == 404
    assert _issue(manager, token="another").status_code == 403
    assert _issue(manager, period="never").status_code == 400
    assert manager.get("/clients/acme/statement?period=2026-10").status_code in (404, 405)
    assert len(store.kept_for(own.workspace.root, "acme")) == 1, "nothing that was refused is kept"
