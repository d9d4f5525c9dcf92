"""In a ticket's story a vendor's person is the vendor's, on the command line and the page; who was at the desk by then is a technician."""

import re
from pathlib import Path

from tests.web.conftest import FILES, PEOPLE, serve, signed_in
from typer.testing import CliRunner

from pacesetter.cli.main import app

HEAD = "event_id,ticket_id,occurred_at,kind,actor_kind,actor_id,from_value,to_value,is_public,channel\n"
VENDOR = FILES | {
    "teams": FILES["teams"] + "maker,Maker,vendor,,\n",
    "technicians": FILES["technicians"] + "t-vic,Vic Maker,maker,\nt-pat,Pat Turncoat,,\n",
    "team_memberships": "technician_id,team_id,valid_from,valid_to\nt-pat,maker,,2026-10-02\nt-pat,desk,2026-10-02,\n",
    "ticket_events": HEAD
    + "v1,A-1,2026-10-01T08:10:00Z,reply,technician,t-vic,,,true,email\n"
    + "v2,A-1,2026-10-01T08:20:00Z,reply,technician,t-pat,,,true,email\n"
    + "v3,A-1,2026-10-02T08:30:00Z,reply,technician,t-pat,,,true,email\n"
    + "v4,A-1,2026-10-02T08:40:00Z,assignment,,t-vic,,t-ann,,\n"
    + "v5,A-1,2026-10-02T08:50:00Z,resolved,technician,t-ann,,,,\n",
}  # fmt: skip


def test_a_vendors_person_is_no_technician(tmp_path: Path) -> None:
    made = serve(tmp_path, VENDOR)
    try:
        root = str(made.workspace.root)
        shown = CliRunner().invoke(app, ["ticket", "show", "A-1", "-w", root])
        assert shown.exit_code == 0, shown.output
        assert "reply by vendor · Vic Maker" in shown.stdout and "reply by vendor · Pat Turncoat" in shown.stdout
        assert "reply by technician · Pat Turncoat" in shown.stdout and "reply by technician · Vic" not in shown.stdout
        assert "t-ann · Vic Maker (vendor)" in shown.stdout and "resolved · Ann Whisperly" in shown.stdout
        page = signed_in(made.app, PEOPLE["delivery_manager"][0]).get("/tickets/A-1").text
        told = [
            " ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in re.findall(r"<li class=.*?</li>", page, re.S)
        ]
        assert [line.rpartition(" by ")[2] for line in told if " by " in line] == [
            "Vic Maker (vendor)", "Pat Turncoat (vendor)", "Pat Turncoat", "Vic Maker (vendor)", "Ann Whisperly",
        ]  # fmt: skip
        plain = signed_in(made.app, PEOPLE["client_manager"][0]).get("/tickets/A-1").text
        assert "by vendor" in plain and "by technician" in plain and not re.search("Vic|Pat|Ann W", plain)
    finally:
        made.app.state.serving.desks.close()
        made.store.close()
