"""Readers, the one writer, and what a kill leaves: always a whole generation."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from bundles import CLIENTS, event, query, ticket, write_bundle

from pacesetter.errors import BadRequest, BadWorkspace
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

CHILD = """
import os, signal, sys, threading
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace
root, bundle, place, delay = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
told = []
def tell(step, share):
    told.append(step)
    if len(told) == place:
        print(step, flush=True)
        if delay:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
        else:
            os.kill(os.getpid(), signal.SIGKILL)
import_bundle(Workspace.open(root), bundle, progress=tell)
print(len(told), flush=True)
"""
COUNTS = """SELECT (SELECT count(*) FROM tickets), (SELECT count(*) FROM ticket_events), (SELECT count(*) FROM clients),
    (SELECT count(*) FROM f_tickets), (SELECT count(*) FROM _quarantine)"""


def child(ws: Workspace, bundle: Path, place: int = 0, delay: float = 0.0) -> tuple[int, list[str]]:
    """Import in another program, which kills itself ``delay`` seconds after the ``place``-th step: exit status and words."""
    call = [sys.executable, "-c", CHILD, str(ws.root), str(bundle), str(place), str(delay)]
    done = subprocess.run(call, capture_output=True, text=True)
    return done.returncode, done.stdout.split("\n")


def test_create_and_open(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "w", Settings(name='My "MSP"', currency="USD"))
    assert Workspace.open(tmp_path / "w").settings == Settings(name='My "MSP"', currency="USD")
    with pytest.raises(BadWorkspace, match="this is a workspace already; choose another folder"):
        Workspace.create(tmp_path / "w")
    with pytest.raises(BadWorkspace, match="no workspace here; make one with 'pacesetter init"):
        Workspace.open(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadWorkspace):
        Workspace.create(tmp_path / "file")


def test_a_reader_keeps_its_generation_while_another_becomes_current(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    with ws.reader() as old:
        import_bundle(ws, write_bundle(tmp_path / "i", {"clients": [{"client_id": "gamma", "name": "G"}]}))
        assert old.execute("SELECT count(*) FROM clients").fetchall() == [(2,)]
        assert query(ws, "SELECT count(*) FROM clients") == [(3,)]
    assert [p.name for p in (ws.root / "warehouse").glob("generation-*")] == ["generation-000002.duckdb"]


def test_a_reader_cannot_write_nor_reach_other_files(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    with ws.reader() as con, ws.reader() as second:
        for sql in (
            "DELETE FROM clients",
            f"FROM read_csv('{tmp_path}/b/clients.csv')",
            f"ATTACH '{tmp_path}/x.duckdb'",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(sql)
        assert second.execute(
            "SELECT current_setting('TimeZone'), current_setting('enable_external_access')"
        ).fetchone() == ("UTC", False)


def test_one_writer_at_a_time(ws: Workspace, tmp_path: Path) -> None:
    with (
        ws.next_generation(),
        pytest.raises(BadWorkspace, match="another import or sync is writing here; wait until it is done"),
    ):
        import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))


def test_an_exception_leaves_the_old_generation(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    with pytest.raises(KeyboardInterrupt), ws.next_generation() as generation:
        generation.con.execute("DELETE FROM clients")
        raise KeyboardInterrupt
    assert query(ws, "SELECT count(*) FROM clients") == [(2,)]
    assert sorted(p.name for p in (ws.root / "warehouse").iterdir()) == [".lock", "CURRENT", "generation-000001.duckdb"]


def test_a_newer_schema_and_a_bad_pointer_are_refused(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    with ws.next_generation() as generation:
        generation.con.execute("UPDATE _meta SET value = '99' WHERE key = 'schema_version'")
    with (
        pytest.raises(BadWorkspace, match="written by a newer version of Pacesetter; upgrade this one"),
        ws.next_generation(),
    ):
        pass
    (ws.root / "warehouse" / "CURRENT").write_text("../../etc/passwd")
    with pytest.raises(BadWorkspace, match="names no generation"), ws.reader():
        pass
    monkeypatch.setenv("PACESETTER_MEMORY", "lots")
    with pytest.raises(BadRequest, match="PACESETTER_MEMORY: 'lots' is not an amount of memory; write 4GB"):
        Workspace.create(tmp_path / "w2").next_generation().__enter__()


def test_a_kill_at_any_moment_leaves_a_whole_generation(ws: Workspace, tmp_path: Path) -> None:
    """Facts are built for real; the kills meet reading, checking, storing, facts and closing."""
    small = write_bundle(tmp_path / "b", {"clients": CLIENTS, "tickets": [ticket("T0")]})
    rows = 1_000
    big = {
        "tickets": [ticket(f"T{i}", type="incident" if i % 100 else "bad") for i in range(rows)],
        "ticket_events": [event(f"E{i}", f"T{i % rows}") for i in range(3 * rows)],
    }
    bundle = write_bundle(tmp_path / "big", big)
    reference = Workspace.create(tmp_path / "reference")
    for workspace in (ws, reference):
        assert child(workspace, small)[0] == 0
    status, words = child(reference, bundle)
    steps = int(words[0])
    assert status == 0
    kept = rows - rows // 100 + 1
    old, new = [(1, 0, 2, 1, 0)], [(kept, kept * 3, 2, kept, rows // 100 * 4 - 3)]  # the T0 of before has its events
    assert query(reference, COUNTS) == new
    dice = random.Random(20260201)
    met = []
    for place in (2, steps // 3, steps // 2, 2 * steps // 3, steps - 2, steps - 1, steps):
        status, words = child(ws, bundle, place, dice.choice([0.0, dice.uniform(0.0, 0.2)]))
        assert status in (0, -signal.SIGKILL)
        met += [words[0]] * (status != 0)
        assert query(ws, COUNTS) in (old, new)
    assert len(met) >= 4 and any("facts" in step for step in met), "the kills must meet imports at work"
    assert child(ws, bundle)[0] == 0
    tables = (
        "tickets",
        "ticket_events",
        "clients",
        "f_tickets",
        "f_intervals",
        "(SELECT * EXCLUDE (id, import_id, entered_at, left_at, left_import) FROM _quarantine)",
    )
    for table in tables:
        assert sorted(query(ws, f"SELECT * FROM {table}"), key=repr) == sorted(
            query(reference, f"SELECT * FROM {table}"), key=repr
        )
    assert not (ws.root / "warehouse" / "building").exists()


def test_what_dead_readers_spilled_is_removed(ws: Workspace, tmp_path: Path) -> None:
    dead, alive = (ws.root / "warehouse" / "temp" / f"reader-{pid}-x" for pid in (2**22 + 7, os.getpid()))
    for folder in (dead, alive):
        folder.mkdir(parents=True)
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    assert not dead.exists() and alive.exists()
