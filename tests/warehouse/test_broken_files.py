"""Every way in which a file can be unreadable: one plain line that says where and what to do, and nothing changed."""

import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bundles import CLIENTS, query, write_bundle, write_text

from pacesetter.errors import BadRequest, BadWorkspace, UnreadableFile
from pacesetter.warehouse import importer
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

GOOD = "client_id,name\nacme,Acme\n"


def parquet(**columns: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def zipped(members: dict[str, bytes], *, encrypted: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    raw = bytearray(out.getvalue())
    if encrypted:
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            raw[raw.index(mark) + offset] |= 1
    return bytes(raw)


def damaged(archive: bytes) -> bytes:
    middle = archive.index(b"PK\x01\x02") - 8
    return archive[:middle] + bytes(4) + archive[middle + 4 :]


TICKETS = {"ticket_id": ["T1"], "client_id": ["acme"]}
CASES = {
    "not UTF-8": ({"clients.csv": b"client_id,name\nacme,Acme\nbeta,B\xe4r\n"},
        "clients.csv: line 3 is not UTF-8; save the file as UTF-8"),
    "UTF-16": ({"clients.csv": GOOD.encode("utf-16")}, "clients.csv: line 1 is not UTF-8; save the file as UTF-8"),
    "zero bytes": ({"clients.csv": GOOD + "be\0ta,x\n"},
        "clients.csv: line 3 holds a zero byte; save it as UTF-8 text"),
    "empty": ({"clients.csv": ""}, "clients.csv: the file is empty; write the column names into its first line"),
    "only a mark": ({"clients.csv": b"\xef\xbb\xbf"},
        "clients.csv: the file is empty; write the column names into its first line"),
    "semicolons": (
        {"clients.csv": "client_id;name\nacme;Acme\n"},
        "clients.csv: line 1 holds one column only; separate the columns by commas, or import with a mapping",
    ),
    "column twice": ({"clients.csv": "client_id,name,NAME\nacme,A,B\n"},
        "clients.csv: line 1: the column 'NAME' stands there twice; keep one"),
    "unknown column twice": ({"clients.csv": "client_id,name,a,a\n1,2,3,4\n"},
        "clients.csv: line 1: the column 'a' stands there twice; keep one"),
    "column without a name": ({"clients.csv": "client_id,,name\n1,2,3\n"},
        "clients.csv: line 1: column 2 has no name; name it or remove it"),
    "required column missing": ({"clients.csv": "client_id\nacme\n"},
        "clients.csv: line 1: no column 'name'; add it, every row needs it"),
    "quote never closed": (
        {"clients.csv": 'client_id,name\nacme,"Acme\nbeta,Beta\n'},
        "clients.csv: after line 1: a quote is not closed, or text stands beside it (unexpected end of data); "
        "put the field in double quotes and double those within",
    ),
    "truncated gzip": ({"clients.csv.gz": gzip.compress(GOOD.encode() * 99)[:-20]},
        "clients.csv.gz: the gzip is damaged (Compressed file ended "
        "before the end-of-stream marker was reached); compress it again"),
    "no gzip": ({"clients.csv.gz": GOOD},
        "clients.csv.gz: the gzip is damaged (Not a gzipped file (b'cl')); compress it again"),
    "damaged gzip": (
        {"clients.csv.gz": gzip.compress(GOOD.encode())[:-8] + b"\1\2\3\4\5\6\7\x08"},
        "clients.csv.gz: the gzip is damaged (CRC check failed",
    ),
    "no parquet": ({"clients.parquet": GOOD}, "clients.parquet: not a readable Parquet file"),
    "empty parquet": ({"clients.parquet": b""}, "clients.parquet: not a readable Parquet file"),
    "truncated parquet": ({"clients.parquet": parquet(client_id=["a"], name=["A"])[:-30]},
        "clients.parquet: not a readable Parquet file"),
    "parquet without a required column": ({"clients.parquet": parquet(client_id=["a"])},
        "clients.parquet: line 1: no column 'name'; add it, every row needs it"),
    "parquet instants without a zone": (
        {"tickets.parquet": parquet(**TICKETS, created_at=pa.array([0], pa.timestamp("us")))},
        "tickets.parquet: column 'created_at' holds instants without an offset; store them as UTC, or name their zone with --time-zone",
    ),
    "parquet numbers for instants": (
        {"tickets.parquet": parquet(**TICKETS, created_at=[1])},
        "tickets.parquet: column 'created_at' holds bigint values where instant is expected",
    ),
    "parquet lists": ({"clients.parquet": parquet(client_id=["a"], name=["A"], tags=[["x"]])},
        "clients.parquet: column 'tags' holds varchar[] values; write plain ones"),
    "csv and parquet": ({"clients.csv": GOOD, "clients.parquet": parquet(client_id=["a"], name=["A"])},
        "two files for the table clients: clients.csv and clients.parquet; keep one"),
    "csv and gzip": ({"clients.csv": GOOD, "clients.csv.gz": gzip.compress(GOOD.encode())},
        "two files for the table clients: clients.csv and clients.csv.gz; keep one"),
    "no table": ({"readme.txt": "hello"},
        "no file here is named after a table of the model; name files tickets.csv, clients.csv …"),
}  # fmt: skip
ZIPS = {
    "no zip": (b"hello", "the zip is damaged (File is not a zip file); make it again"),
    "truncated": (zipped({"clients.csv": GOOD.encode()})[:-10], "the zip is damaged"),
    "leads outside": (
        zipped({"../clients.csv": GOOD.encode()}),
        "the zip has an entry that leads outside: '../clients.csv'; make it again",
    ),
    "absolute": (
        zipped({"/etc/clients.csv": GOOD.encode()}),
        "the zip has an entry that leads outside: '/etc/clients.csv'; make it again",
    ),
    "encrypted": (
        zipped({"clients.csv": GOOD.encode()}, encrypted=True),
        "the zip is encrypted; pack it without a password",
    ),
    "damaged member": (damaged(zipped({"clients.csv": GOOD.encode() * 50})), "the zip is damaged"),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One workspace for all refusals: each must leave it as it was for the next."""
    ws = Workspace.create(tmp_path_factory.mktemp("loaded") / "workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importer.facts, "build", lambda *given: None)
        import_bundle(ws, write_bundle(ws.root.parent / "before", {"clients": CLIENTS}))
    return ws


@pytest.mark.parametrize("name", CASES)
def test_an_unreadable_file_stops_the_import(loaded: Workspace, tmp_path: Path, name: str) -> None:
    ws, (files, message) = loaded, CASES[name]
    before = ws.generations.current()
    with pytest.raises(UnreadableFile) as refusal:
        import_bundle(
            ws,
            write_text(
                tmp_path / "b", {**files, "offerings.csv": "offering_id,name\no,O\n"} if name != "no table" else files
            ),
        )
    assert message in str(refusal.value) and "\n" not in str(refusal.value)
    assert ws.generations.current() == before
    assert query(
        ws, "SELECT (SELECT count(*) FROM clients), (SELECT count(*) FROM offerings), (SELECT count(*) FROM _imports)"
    ) == [(2, 0, 1)]
    assert not (ws.root / "warehouse" / "building").exists()


@pytest.mark.parametrize("name", ZIPS)
def test_an_unsafe_or_damaged_zip_stops_the_import(ws: Workspace, tmp_path: Path, name: str) -> None:
    data, message = ZIPS[name]
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(UnreadableFile) as refusal:
        import_bundle(ws, tmp_path / "b.zip")
    assert str(refusal.value).startswith(f"{tmp_path / 'b.zip'}: ") and message in str(refusal.value)
    with pytest.raises(BadWorkspace, match="nothing has been imported yet"), ws.reader():
        pass


def test_a_zip_that_unpacks_to_too_much_is_refused(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The floor, a gigabyte, is lowered: what counts is the ratio above it."""
    monkeypatch.setattr("pacesetter.warehouse.bundle._BOMB_FLOOR", 8 << 20)
    (tmp_path / "small.zip").write_bytes(zipped({"clients.csv": GOOD.encode() + b"beta,Beta\n", "x": bytes(4 << 20)}))
    import_bundle(ws, tmp_path / "small.zip")
    (tmp_path / "b.zip").write_bytes(zipped({"clients.csv": bytes(16 << 20)}))
    with pytest.raises(UnreadableFile, match=r"the zip unpacks to 16,777,216 bytes; unpack it and import the folder"):
        import_bundle(ws, tmp_path / "b.zip")
    assert query(ws, "SELECT count(*) FROM clients") == [(2,)]


def test_a_good_zip_with_a_folder_inside_and_unknown_files(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(
        zipped({"bundle/clients.csv": GOOD.encode(), "bundle/notes.txt": b"x", "__MACOSX/x": b""})
    )
    report = import_bundle(ws, tmp_path / "b.zip")
    assert report.tables["clients"].inserted == 1
    assert report.warnings == ["notes.txt: passed over, its name is no table of the model"]


def test_other_forms_of_good_files(ws: Workspace, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "clients.csv.gz": gzip.compress(b"\xef\xbb\xbfName,client_id,Region No.,x_y\r\n\"A \"\"q\"\"\r\nb\",acme,7,z\r\n"),
        "tickets/a.parquet": parquet(**TICKETS, created_at=pa.array([0], pa.timestamp("us", "UTC"))),
        "tickets/b.parquet": parquet(client_id=["acme"], created_at=pa.array([1], pa.timestamp("ms", "UTC")), ticket_id=["T2"], extra=[5]),
        "sites-1.parquet": parquet(site_id=["s1"], client_id=["acme"], name=["S"]),
        "sites.2.parquet": parquet(site_id=[2], client_id=["acme"], name=["S"]),
        "ticket_statuses.csv": "status,phase\nNew,new\n",
    }  # fmt: skip
    report = import_bundle(ws, write_text(tmp_path / "b", files))
    assert report.quarantined == 0 and report.warnings == []
    assert query(ws, "SELECT client_id, name, x_region_no, x_y FROM clients") == [("acme", 'A "q"\r\nb', "7", "z")]
    assert query(ws, "SELECT ticket_id, epoch_us(created_at), x_extra FROM tickets ORDER BY 1") == [
        ("T1", 0, None),
        ("T2", 1000, "5"),
    ]
    assert query(ws, "SELECT site_id FROM sites ORDER BY 1") == [("2",), ("s1",)]


@pytest.mark.parametrize(
    "text", ['client_id,name\nacme,say "hi" now\n', "client_id,name\r\nacme,a\nbeta,b\r\n", "client_id,name\racme,x\r"]
)
def test_loose_but_unambiguous_text_is_read(ws: Workspace, tmp_path: Path, text: str) -> None:
    report = import_bundle(ws, write_text(tmp_path / "b", {"clients.csv": text}))
    assert report.quarantined == 0 and report.tables["clients"].inserted == text.count("acme") + text.count("beta")


def test_bad_rows_of_parquet_have_file_and_row(ws: Workspace, tmp_path: Path) -> None:
    files = {
        "clients.csv": GOOD,
        "tickets-1.parquet": parquet(
            ticket_id=["T1", None], client_id=["acme", "acme"], created_at=["2026-01-05T08:00:00Z"] * 2
        ),
        "tickets-2.parquet": parquet(
            ticket_id=["T3", "T4"], client_id=["acme", "x"], created_at=["2026-01-05T08:00:00Z"] * 2
        ),
    }
    import_bundle(ws, write_text(tmp_path / "b", files))
    rows = query(ws, "SELECT file, line, column_name, reason, row_json FROM _quarantine ORDER BY id")
    assert rows == [
        ("tickets-1.parquet", 2, "ticket_id", "missing", '{"ticket_id":null,"client_id":"acme","created_at":"2026-01-05T08:00:00Z"}'),
        ("tickets-2.parquet", 2, "client_id", "unknown_reference",
         '{"ticket_id":"T4","client_id":"x","created_at":"2026-01-05T08:00:00Z"}'),
    ]  # fmt: skip


def test_requests_that_make_no_sense(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file or folder"):
        import_bundle(ws, tmp_path / "nowhere")
    with pytest.raises(BadRequest, match="'Berlin' is not an IANA time zone"):
        import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}), time_zone="Berlin")
    (tmp_path / "x.docx").write_text("x")
    with pytest.raises(UnreadableFile, match="neither a folder, a zip nor a file named after a table"):
        import_bundle(ws, tmp_path / "x.docx")
