"""Readers, the one writer, and what a kill leaves: always a whole generation."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from bundles import CLIENTS, event, query, ticket, write_bundle

from pacesetter.errors import BadRequest, BadWorkspace
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

CHILD = """
import sys
from pacesetter.warehouse import importer
from pacesetter.warehouse.workspace import Workspace
importer.facts.build = lambda *given: None
importer.import_bundle(Workspace.open(sys.argv[1]), sys.argv[2])
"""


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
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS, "tickets": [ticket("T0")]}))
    rows = 6_000
    big = {
        "tickets": [ticket(f"T{i}", type="incident" if i % 100 else "bad") for i in range(rows)],
        "ticket_events": [event(f"E{i}", f"T{i % rows}") for i in range(3 * rows)],
    }
    bundle = write_bundle(tmp_path / "big", big)
    dice = random.Random(20260201)
    child = [sys.executable, "-c", CHILD, str(ws.root), str(bundle)]
    whole = time.monotonic()
    reference = Workspace.create(tmp_path / "reference")
    import_bundle(reference, tmp_path / "b")
    subprocess.run([*child[:3], str(reference.root), str(bundle)], check=True)
    whole = time.monotonic() - whole
    reached, kept = 0, rows - rows // 100 + 1
    for _ in range(16):
        running = subprocess.Popen(child)
        until = time.monotonic() + dice.uniform(0.3, 1.0) * whole
        while time.monotonic() < until and running.poll() is None:
            time.sleep(0.005)
        reached += (ws.root / "warehouse" / "building").exists()
        running.send_signal(signal.SIGKILL)
        running.wait()
        found = query(
            ws,
            "SELECT (SELECT count(*) FROM tickets), (SELECT count(*) FROM ticket_events), (SELECT count(*) FROM clients)",
        )
        assert found in ([(1, 0, 2)], [(kept, kept * 3, 2)])
    assert reached >= 3, "the kills must meet imports at work"
    subprocess.run(child, check=True)
    tables = (
        "tickets",
        "ticket_events",
        "clients",
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
