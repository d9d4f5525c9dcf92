"""The pages about responsibility: a change of the matrix from its form to its history, who may see and do what, files there and back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import FILES, PEOPLE, Served, form_token, serve, signed_in

from pacesetter.model.raci_document import Document
from pacesetter.responsibility.matrix_files import MatrixForm, read, written

EDIT, MATRIX = "/raci/edit?client=acme", "/raci?client=acme"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workspace of its own: these tests change it."""
    made = serve(tmp_path_factory.mktemp("raci-pages"))
    yield made
    made.app.state.serving.desks.close()
    made.store.close()


@pytest.fixture(scope="module")
def admin(own: Served) -> TestClient:
    return signed_in(own.app, PEOPLE["administrator"][0])


def fields_of(page: str) -> dict[str, list[str]]:
    """The fields of the form on a page, as a browser would send them."""
    found: dict[str, list[str]] = {}
    form = page[page.index("<form", page.index('class="head"')) :]
    for tag in re.findall(r"<input[^>]*>", form[: form.index("</form>")]):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="file"' not in tag:
            found.setdefault(name[1], []).append(value[1] if value else "")
    for name, value in re.findall(r'<textarea name="([^"]+)"[^>]*>([^<]*)</textarea>', form):
        found[name] = [
            value.replace("&#34;", '"')
            .replace("&#39;", "'")
            .replace("&gt;", ">")
            .replace("&lt;", "<")
            .replace("&amp;", "&")
        ]
    return found


def cell(fields: dict[str, list[str]], task: str, role: str) -> str:
    return f"c{fields['t'].index(task)}_{fields['r'].index(role)}"


def matrix(client: TestClient) -> Document:
    return read(client.get("/raci/export.toml?client=acme").content, MatrixForm.TOML)


def test_a_change_goes_from_preview_to_history(admin: TestClient) -> None:
    fields = fields_of(admin.get(EDIT).text)
    fields["from"] = ["2026-10-16"]
    fields[cell(fields, "task-acme", "role-alma")] = ["A, I 90"]
    fields[cell(fields, "task-acme", "role-ann")] = [""]
    preview = admin.post(EDIT, data=fields | {"do": ["preview"]})
    assert preview.status_code == 200, preview.text[-1500:]
    assert "Accountable from 2026-10-16" in preview.text and "Accountable ends on 2026-10-16" in preview.text
    assert "had it held then" in preview.text and "20" in preview.text
    before = matrix(admin)
    unseen = admin.post(EDIT, data=fields | {"do": ["save"]})
    assert unseen.status_code == 200 and "What this does" in unseen.text and matrix(admin) == before, (
        "nothing unseen is saved"
    )
    saved = admin.post(EDIT, data=fields_of(preview.text) | {"do": ["save"]}, follow_redirects=False)
    assert saved.status_code == 303, saved.text[-1500:]
    held = {(a.role_id, a.letter, str(a.valid_from), str(a.valid_to), a.within_minutes) for a in matrix(admin).letters}
    assert held == {
        ("role-desk", "R", "None", "None", None), ("role-ann", "A", "None", "2026-10-16", None),
            ("role-alma", "A", "2026-10-16", "None", None),
        ("role-alma", "I", "None", "2026-10-16", None), ("role-alma", "I", "2026-10-16", "None", 90.0),
    }  # fmt: skip
    page = admin.get(MATRIX).text
    assert "Who changed what" in page and "Accountable from 2026-10-16" in page and "begins" in page
    assert row_of(admin.get(f"{MATRIX}&on=2026-10-15").text, "Hardware at Acme") == {
        "Desk": "R",
        "Desk lead": "A",
        "Alma of Acme": "I",
    }
    assert row_of(admin.get(f"{MATRIX}&on=2026-10-16").text, "Hardware at Acme") == {"Desk": "R", "Alma of Acme": "AI"}
    other = {cell(fields, "task-acme", "role-desk"): ["R C"], "do": ["preview"]}
    stale = admin.post(EDIT, data=fields_of(preview.text) | other)
    assert stale.status_code == 409 and "changed this since you opened it" in stale.text


def row_of(page: str, task: str) -> dict[str, str]:
    """The letters of a task by role, as the page shows them."""
    row = next(r for r in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL) if task in r)
    cells = [
        (c.split("</span>")[0], "".join(re.findall(r'class="letter l-([RACI])"', c)))
        for c in row.split('<span class="rolename">')[1:]
    ]
    return {role: letters for role, letters in cells if letters}


def test_what_is_wrong_is_said_where_it_is(admin: TestClient) -> None:
    fields = fields_of(admin.get(EDIT).text)
    name = cell(fields, "task-acme", "role-alma")
    wrong = admin.post(EDIT, data=fields | {name: ["Q"], "do": ["preview"]})
    assert wrong.status_code == 400 and "no cell of a RACI matrix" in wrong.text and 'value="Q"' in wrong.text
    kind = admin.post("/raci/task?client=acme", data={"token": fields["token"], "seen": fields["seen"], "name": "Again",
                      "category": "hardware", "do": "preview"})  # fmt: skip
    assert kind.status_code == 400 and "for the very same tickets" in kind.text
    both = admin.post("/raci/role?client=acme", data={"token": fields["token"], "seen": fields["seen"], "name": "Two", "team_id": "desk",
                      "contact_id": "c-1", "do": "preview"})  # fmt: skip
    assert both.status_code == 400 and "one of them" in both.text
    for content, said in ((b"row,task", "to be called"), (b"\xff", "not UTF-8")):
        sent = admin.post("/raci/import?client=acme", data={"token": fields["token"], "from": "2026-10-16", "do": "preview"},
                          files={"file": ("m.csv", content)})  # fmt: skip
        assert sent.status_code == 400 and said in sent.text


@pytest.mark.parametrize("ending", ["csv", "xlsx", "toml"])
def test_a_file_comes_back_as_it_went(admin: TestClient, ending: str) -> None:
    content = admin.get(f"/raci/export.{ending}?client=acme").content
    token = form_token(admin.get("/raci/import?client=acme").text)
    same = admin.post("/raci/import?client=acme", data={"token": token, "from": "2026-11-02", "do": "preview"},
                      files={"file": (f"m.{ending}", content)})  # fmt: skip
    assert same.status_code == 400 and "nothing is different" in same.text


def test_a_file_with_a_change_is_previewed_and_saved(admin: TestClient) -> None:
    now = matrix(admin)
    ended = {str(a.valid_to) for a in now.letters if a.letter == "I" and a.valid_to is not None}
    fewer = Document(tasks=now.tasks, roles=now.roles, letters=tuple(a for a in now.letters if a.letter != "I"))
    page = admin.get("/raci/import?client=acme").text
    data = fields_of(page) | {"from": ["2026-11-05"], "do": ["preview"]}
    preview = admin.post(
        "/raci/import?client=acme", data=data, files={"file": ("m.csv", written(fewer, MatrixForm.CSV))}
    )
    assert "Informed" in preview.text and "ends on 2026-11-05" in preview.text
    saved = admin.post(
        "/raci/import?client=acme", data=fields_of(preview.text) | {"do": ["save"]}, follow_redirects=False
    )
    assert saved.status_code == 303, saved.text[-1500:]
    assert {str(a.valid_to) for a in matrix(admin).letters if a.letter == "I"} == ended | {"2026-11-05"}


def test_the_sample_is_offered_where_there_is_nothing(admin: TestClient) -> None:
    token = form_token(admin.get("/raci/import?client=canary-client").text)
    shown = admin.post(
        "/raci/import?client=canary-client", data={"token": token, "sample": "1", "from": "2026-11-05", "do": "preview"}
    )
    assert shown.status_code == 200 and "Security alert triage: new task" in shown.text and "newly broken" in shown.text


def test_a_clients_manager_sees_and_does_not_change(own: Served) -> None:
    client = signed_in(own.app, PEOPLE["client_manager"][0])
    page = client.get("/raci").text
    assert "Hardware at Acme" in page and "Alma" in page and "Whisperly" not in page and "Canary" not in page
    assert "/raci/edit" not in page and client.get(EDIT).status_code == 403
    token = form_token(client.get("/account").text)
    for path in ("edit", "task", "role", "import"):
        assert (
            client.post(f"/raci/{path}?client=acme", data={"token": token, "name": "x", "do": "save"}).status_code
            == 403
        )
    assert client.get("/raci?client=canary-client").status_code in (403, 404)
    assert b"t-ann" not in client.get("/raci/export.toml").content


@pytest.mark.parametrize("role", PEOPLE)
def test_every_role_can_read_its_own(own: Served, role: str) -> None:
    client = signed_in(own.app, PEOPLE[role][0])
    for path in ("/raci", "/raci/conformance", "/raci/conformance/tickets?deviation=any", "/hands", "/accountability", "/integrity",
                 "/accountability/role-ann", "/integrity/pauses"):  # fmt: skip
        answer = client.get(path + ("&" if "?" in path else "?") + "period=custom&from=2026-10-01&to=2026-10-31")
        assert answer.status_code == 200 or (path.startswith("/accountability/") and answer.status_code == 404), (
            path,
            answer.text[-900:],
        )


def test_figures_lead_to_their_tickets(admin: TestClient) -> None:
    words = "period=custom&from=2026-10-01&to=2026-10-31"
    page = admin.get(f"/raci/conformance?{words}").text
    tickets = int(re.search(r"conformance/tickets[^>]*>(\d+)</a>\s*</dd>", page)[1])  # type: ignore[index]
    assert tickets == 34, "twenty of Acme and fourteen of the other client, all resolved in October"
    listed = admin.get(f"/raci/conformance/tickets?{words}").text
    assert len(re.findall(r'href="/tickets/', listed)) == tickets


def _deviating(count: int) -> dict[str, str]:
    """``count`` tickets of Acme by the Responsible, as many by another team that were reopened, and a target that both miss or meet."""
    tickets, events = FILES["tickets"].splitlines()[0] + "\n", FILES["ticket_events"].splitlines()[0] + "\n"
    for i in range(2 * count):
        who, team = ("t-ann", "desk") if i % 2 else ("t-bob", "systems")
        day = f"2026-10-{i % 28 + 1:02d}T"
        tickets += (
            f"D-{i},acme,{day}08:00:00Z,incident,Printer {i},email,requester,P3,hardware,c-1,{team},{who},plain\n"
        )
        kinds = (
            ["assignment", "reply", "resolved"]
            if i % 2
            else ["assignment", "reply", "resolved", "reopened", "resolved"]
        )
        for n, kind in enumerate(kinds):
            value, public = (who, "") if kind == "assignment" else ("", "true" if kind == "reply" else "")
            events += f"D-{i}-{n},D-{i},{day}09:{n}0:00Z,{kind},technician,{who},,{value},{public},email\n"
    return FILES | {
        "tickets": tickets, "ticket_events": events, "time_entries": FILES["time_entries"].splitlines()[0] + "\n",
        "surveys": FILES["surveys"].splitlines()[0] + "\n", "targets": "kpi,value\nreopen_rate,10\n",
    }  # fmt: skip


@pytest.mark.parametrize(("count", "few"), [(4, True), (40, False)])
def test_few_tickets_are_said_and_not_coloured(tmp_path: Path, count: int, few: bool) -> None:
    made = serve(tmp_path, _deviating(count))
    try:
        client, words = signed_in(made.app, PEOPLE["administrator"][0]), "period=custom&from=2026-10-01&to=2026-10-31"
        for path in ("/accountability", "/accountability/role-ann"):
            page = client.get(f"{path}?{words}").text
            figure = re.search(r"<dt>Reopened</dt><dd>(.*?)</dd>", page, re.S)
            assert figure, page[-3000:]
            assert ("mark missed" not in figure[1]) == few == (">few<" in figure[1]), figure[1]
            assert "✗ off target" in figure[1] and f"n {2 * count}" in figure[1]
        page = client.get(f"/raci/conformance?{words}").text
        effects = re.findall(r'class="effect (\w+)"', page)
        assert len(effects) >= 2 and ("worse" not in effects) == few, effects
        assert (">few<" in page) == few == ("mark warning" not in page)
    finally:
        made.app.state.serving.desks.close()
        made.store.close()
