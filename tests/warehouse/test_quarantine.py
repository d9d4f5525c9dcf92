"""How rows leave the quarantine, and that none is ever lost."""

from pathlib import Path

from bundles import CLIENTS, event, query, ticket, waiting, write_bundle

from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

LEFT = "SELECT table_name, key, left_because, left_import FROM _quarantine WHERE left_at IS NOT NULL ORDER BY id"


def test_a_mended_row_leaves_and_what_waited_for_it_comes_in(ws: Workspace, tmp_path: Path) -> None:
    bad = {
        "clients": CLIENTS,
        "tickets": [ticket("T1", type="oops"), ticket("T2", merged_into="T1")],
        "ticket_events": [event("E1", "T1")],
    }
    import_bundle(ws, write_bundle(tmp_path / "b", bad))
    assert [r[5] for r in waiting(ws)] == ["unknown_reference", "not_in_vocabulary", "unknown_reference"]
    report = import_bundle(ws, write_bundle(tmp_path / "mend", {"tickets": [ticket("T1", type="incident")]}))
    assert waiting(ws) == []
    assert query(ws, LEFT) == [
        ("tickets", "T1", "loaded in import 2", 2),
        ("tickets", "T2", "loaded in import 2", 2),
        ("ticket_events", "E1", "loaded in import 2", 2),
    ]
    assert query(ws, "SELECT ticket_id, merged_into FROM tickets ORDER BY 1") == [("T1", None), ("T2", "T1")]
    assert query(ws, "SELECT event_id FROM ticket_events") == [("E1",)]
    assert report.tables["tickets"].retried == 1 and report.tables["ticket_events"].retried == 1
    assert report.tables["tickets"].read == 1 and report.tables["ticket_events"].read == 0
    assert report.quarantined == 0


def test_a_row_that_waits_in_vain_stays_one_entry(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS, "tickets": [ticket("T1", team_id="t")]}))
    for _ in range(3):
        import_bundle(ws, write_bundle(tmp_path / "other", {"clients": CLIENTS}))
        import_bundle(ws, tmp_path / "b")
    assert len(waiting(ws)) == 1 and query(ws, "SELECT count(*) FROM _quarantine") == [(1,)]


def test_reading_the_file_again_without_the_row_lets_it_leave(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": [*CLIENTS, {"client_id": "x", "name": ""}]}))
    import_bundle(ws, write_bundle(tmp_path / "other", {"clients": CLIENTS}))
    assert len(waiting(ws)) == 1
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    assert waiting(ws) == [] and query(ws, LEFT) == [("clients", "x", "no longer in the file", 3)]


def test_a_row_that_is_bad_in_another_way_is_a_new_entry(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": [{"client_id": "x", "name": "", "seats": "1"}]}))
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": [{"client_id": "x", "name": "X", "seats": "many"}]}))
    assert [r[5] for r in waiting(ws)] == ["not_a_number"]
    assert query(ws, LEFT) == [("clients", "x", "no longer in the file", 2)]


def test_equal_bad_rows_are_as_many_entries(ws: Workspace, tmp_path: Path) -> None:
    rows = [{"client_id": "", "name": "X"}] * 3
    bundle = write_bundle(tmp_path / "b", {"clients": [*CLIENTS, *rows]})
    import_bundle(ws, bundle)
    import_bundle(ws, bundle)
    assert [r[2] for r in waiting(ws)] == [4, 5, 6]


def test_a_duplicate_stays_until_the_source_is_mended(ws: Workspace, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "b", {"clients": [*CLIENTS, {"client_id": "acme", "name": "Other"}]})
    import_bundle(ws, bundle)
    import_bundle(ws, bundle)
    assert [r[5] for r in waiting(ws)] == ["duplicate"]
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    assert waiting(ws) == []


def test_a_waiting_row_is_read_in_the_zone_of_its_own_import(ws: Workspace, tmp_path: Path) -> None:
    late = {"clients": CLIENTS, "tickets": [ticket("T1", created_at="2026-01-05 08:00", team_id="t", x_odd="ü\"'")]}
    import_bundle(ws, write_bundle(tmp_path / "b", late), time_zone="Europe/Berlin")
    import_bundle(ws, write_bundle(tmp_path / "t", {"teams": [{"team_id": "t", "name": "T", "organisation": "msp"}]}))
    assert query(ws, "SELECT created_at::VARCHAR, x_odd FROM tickets") == [("2026-01-05 07:00:00", "ü\"'")]


def test_a_newer_row_with_the_same_key_beats_the_one_that_waits(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(
        ws, write_bundle(tmp_path / "b", {"clients": CLIENTS, "tickets": [ticket("T1", team_id="t", subject="old")]})
    )
    teams = [{"team_id": "t", "name": "T", "organisation": "msp"}]
    report = import_bundle(
        ws, write_bundle(tmp_path / "i", {"teams": teams, "tickets": [ticket("T1", team_id="t", subject="new")]})
    )
    assert query(ws, "SELECT subject FROM tickets") == [("new",)] and waiting(ws) == []
    assert report.quarantined == 0


def test_of_two_rows_that_wait_with_one_key_the_newer_is_taken(ws: Workspace, tmp_path: Path) -> None:
    for name in ("old", "new"):
        import_bundle(
            ws,
            write_bundle(tmp_path / name, {"clients": CLIENTS, "tickets": [ticket("T1", team_id="t", subject=name)]}),
        )
    import_bundle(ws, write_bundle(tmp_path / "t", {"teams": [{"team_id": "t", "name": "T", "organisation": "msp"}]}))
    assert query(ws, "SELECT subject FROM tickets") == [("new",)]
    assert waiting(ws) == [] and len(query(ws, LEFT)) == 2
