"""The seed determines every byte, whatever the number of processes."""

from hashlib import sha256
from pathlib import Path

from pacesetter.demo.simulate import write_bundle
from pacesetter.demo.sizes import Size

SHARDED = Size(name="sharded", clients=24, months=3, tickets=3_000, shards=2, form="parts")


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_seed_same_bytes(small: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "again", "small")
    assert digests(tmp_path / "again") == digests(small)


def test_another_seed_is_another_world(small: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "other", "small", 8)
    mine, other = digests(small), digests(tmp_path / "other")
    assert mine["tickets.csv"] != other["tickets.csv"] and mine["clients.csv"] != other["clients.csv"]


def test_processes_do_not_matter(tmp_path: Path) -> None:
    one = write_bundle(tmp_path / "one", SHARDED, processes=1)
    two = write_bundle(tmp_path / "two", SHARDED, processes=2)
    assert digests(one.folder) == digests(two.folder) and one.rows == two.rows
    assert (one.folder / "ticket_events" / "part-00001.parquet").exists()
