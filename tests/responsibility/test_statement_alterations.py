"""A statement altered in more than a hundred ways: each is found, and placed, by both verifiers."""

import random
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from statement_world import Opened, clients, independent, issued, loaded, repacked

from pacesetter.responsibility.statements import format as f
from pacesetter.responsibility.statements.container import Reader, local_header
from pacesetter.responsibility.statements.verify import verify

tool = independent()
SEED = 5


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("alterations")
    ws, plan = loaded(base, SEED)
    issued(ws, clients(ws)[0], f"{plan.first.year + 1}", base / "statement.zip")
    return base / "statement.zip"


def quiet(step: str, share: float | None) -> None:
    pass


def found_by_both(path: Path) -> tuple[str, str]:
    """What each verifier says, bytes and signature alone."""
    ours = "\n".join(x.line() for x in verify(path, quiet, figures=False).findings)
    statement = tool.Statement(path)
    statement.check()
    return ours, "\n".join(statement.findings)


def assert_placed(path: Path, *places: str) -> None:
    for said in found_by_both(path):
        assert said, "nothing was found"
        assert any(place in said for place in places), f"none of {places} in:\n{said}"


def test_the_original_holds(original: Path) -> None:
    assert found_by_both(original) == ("", "")
    assert tool.verify(original)[0] == []
    assert verify(original, quiet).findings == []


def regions(path: Path) -> list[tuple[int, int, str]]:
    """(from, to, what must be named) of every piece of the file."""
    reader = Reader(path)
    found = []
    for e in reader.entries:
        found.append((e.header_at, e.data_at, e.name))
        found.append((e.data_at, e.end_at, e.name))
    at = reader.entries[-1].end_at
    reader.close()
    size = path.stat().st_size
    return [*found, (at, size - 22, "directory"), (size - 22, size, "end record")]


def flips(path: Path) -> list[tuple[int, str]]:
    """Places to alter: in each region the first, the last and some at random."""
    draw = random.Random(11)
    chosen = []
    for start, end, name in regions(path):
        for at in {start, end - 1, *(draw.randrange(start, end) for _ in range(2 if end - start > 40 else 1))}:
            chosen.append((at, name))
    return sorted(chosen)


def test_any_byte_is_found_and_placed(original: Path, tmp_path: Path) -> None:
    data = original.read_bytes()
    draw = random.Random(12)
    places = flips(original)
    assert len(places) > 150
    for at, name in places:
        altered = bytearray(data)
        altered[at] ^= 1 << draw.randrange(8)
        path = tmp_path / "altered.zip"
        path.write_bytes(altered)
        for said in found_by_both(path):
            assert said, f"byte {at} of {name} is not missed"
            seal_itself = name.startswith("seal/s")
            assert name in said or f"byte {at:,}" in said or seal_itself, (
                f"byte {at} ({name}) is not placed:\n{said[:800]}"
            )


@pytest.mark.parametrize("word", ["leaves_of", "size", "packed_sha256", "leaves", "name", "method", "root"])
def test_a_seal_that_lacks_a_word_is_told(word: str, original: Path, tmp_path: Path) -> None:
    """Whatever of its words has another spelling, both verifiers say so on one line, and neither breaks off."""
    opened = Opened(original)
    other = opened.content[f.SEAL].replace(f'"{word}":'.encode(), f'"{word[:-1]}_":'.encode(), 1)
    assert other != opened.content[f.SEAL]
    opened.content[f.SEAL] = other
    for said in found_by_both(opened.write(tmp_path / "altered.zip")):
        assert f.SEAL in said, said


def test_cut_and_longer_files(original: Path, tmp_path: Path) -> None:
    data, path = original.read_bytes(), tmp_path / "altered.zip"
    for keep in (0, 10, 100, len(data) // 2, len(data) - 23, len(data) - 1):
        path.write_bytes(data[:keep])
        for said in found_by_both(path):
            assert "cut short" in said or "missing" in said or "ends here" in said, said
    for more in (b"\x00", b"PK\x05\x06" + bytes(18), b"anything"):
        path.write_bytes(data + more)
        assert_placed(path, f"byte {len(data):,}")
    path.write_bytes(data[:-2] + struct.pack("<H", 5) + b"hello")
    assert_placed(path, "end record", "at the end")
    path.write_bytes(b"\x00" + data)
    assert_placed(path, "byte 0")


def rewritten(change: Callable[[Opened], list[tuple[str, bytes]]], original: Path, path: Path) -> Path:
    opened = Opened(original)
    return opened.write(path, change(opened))


def test_entries_more_fewer_twice_and_elsewhere(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "altered.zip"
    names = Opened(original).names

    def changed(change: Callable[[list[tuple[str, bytes]]], object]) -> Path:
        opened = Opened(original)
        items = list(opened.content.items())
        change(items)
        return opened.write(path, items)

    for at in (0, 5, len(names)):
        changed(lambda items, at=at: items.insert(at, ("rows/extra.csv", b"a\n")))
        assert_placed(path, "rows/extra.csv")
    for gone in names:
        changed(lambda items, gone=gone: items.remove(next(i for i in items if i[0] == gone)))
        assert_placed(path, gone)
    changed(lambda items: items.append(items[3]))
    assert_placed(path, "stands there twice")
    changed(lambda items: items.insert(0, (items[10][0], b"ticket_id\n")))
    assert_placed(path, "stands there twice")
    for a, b in ((0, 1), (10, 11), (len(names) - 2, len(names) - 1)):
        changed(lambda items, a=a, b=b: items.__setitem__(slice(a, b + 1), [items[b], items[a]]))
        assert_placed(path, "another order")
    changed(lambda items: items.__setitem__(0, ("rows/Clients.csv", items[0][1])))
    assert_placed(path, "rows/Clients.csv")


def test_the_same_contents_in_another_zip(original: Path, tmp_path: Path) -> None:
    """Any other packing is found although every content is the same."""
    path, opened = tmp_path / "altered.zip", Opened(original)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in opened.content.items():
            out.writestr(name, data, zipfile.ZIP_STORED if name in (f.SEAL, f.SIGNATURE) else None)
    assert_placed(path, "header of", "byte 4")
    entry = next(e for e in opened.entries if e.name == "answers.json")
    data = original.read_bytes()
    packed = repacked(entry, opened.content[entry.name])
    assert packed != opened.packed[entry.name]
    path.write_bytes(data[: entry.data_at] + packed + data[entry.end_at :])
    assert_placed(path, "answers.json")


def test_rows_changed_are_named(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "altered.zip"
    for table in ("tickets", "ticket_events", "sla_targets", "teams"):
        name = f"rows/{table}.csv"
        count = len(Opened(original).lines(name))
        for row in {0, 1, count // 2, count - 1}:
            opened = Opened(original)
            lines = opened.lines(name)
            lines[row] = lines[row].replace(b",", b",x", 1)
            opened.content[name] = b"".join(lines)
            opened.write(path)
            assert_placed(path, f"{name}, row {row}:" if row else f"{name}, header")


def test_rows_swapped_gone_and_added_are_named(original: Path, tmp_path: Path) -> None:
    path, name = tmp_path / "altered.zip", "rows/ticket_events.csv"

    def with_lines(change: Callable[[list[bytes]], object]) -> Path:
        opened = Opened(original)
        lines = opened.lines(name)
        change(lines)
        opened.content[name] = b"".join(lines)
        return opened.write(path)

    with_lines(lambda lines: lines.__setitem__(slice(4, 6), [lines[5], lines[4]]))
    assert_placed(path, f"{name}, row 4:")
    assert_placed(path, f"{name}, row 5:")
    with_lines(lambda lines: lines.pop(7))
    assert_placed(path, f"{name}, row 7: 1 rows are missing")
    with_lines(lambda lines: lines.insert(9, b"e,t,2026-01-01T00:00:00Z,note,,,,,\n"))
    assert_placed(path, f"{name}, row 9: 1 rows too many")
    with_lines(lambda lines: lines.pop())
    assert_placed(path, "1 rows are missing")


def test_words_and_figures_changed_are_placed(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "altered.zip"
    for name in (f.HEAD, f.ANSWERS, f.DEFINITIONS, f.COMPLETENESS, f.CHANGES, f.PAGE):
        opened = Opened(original)
        data = bytearray(opened.content[name])
        at = len(data) // 2
        data[at] = data[at] ^ 1
        opened.content[name] = bytes(data)
        opened.write(path)
        block = at // f.BYTES_PER_LEAF * f.BYTES_PER_LEAF
        assert_placed(path, f"{name}, bytes {block:,} to")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (f.HEAD, "settings"), (f.HEAD, "number_marks"), (f.HEAD, "as_of_s"), (f.HEAD, "period"), (f.COMPLETENESS, "excluded"),
        (f.DEFINITIONS, "kpi"), (f.ANSWERS, "from"), (f.ANSWERS, "kpi"),
    ],
)  # fmt: skip
def test_words_that_lack_a_key_are_said_on_one_plain_line(
    original: Path,
    tmp_path: Path,
    name: str,
    key: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = Opened(original)
    words = opened.json(name)
    (words[0] if isinstance(words, list) else words).pop(key)
    opened.content[name] = f.readable(words)
    path = opened.resealed(tmp_path / "altered.zip", None)
    monkeypatch.setattr("sys.argv", ["verify_statement.py", str(path)])
    assert tool.main() == 1
    _said_plainly(capsys, key)


@pytest.mark.parametrize("key", ["entries", "root", "format", "name", "size", "leaves", "public_key"])
def test_a_seal_that_lacks_a_key_is_said_on_one_plain_line(
    original: Path, tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Opened(original)
    name = f.SIGNATURE if key == "public_key" else f.SEAL
    words = opened.json(name)
    (words["entries"][0] if key in ("name", "size", "leaves") else words).pop(key)
    opened.content[name] = f.canonical(words)
    path = opened.write(tmp_path / "altered.zip")
    monkeypatch.setattr("sys.argv", ["verify_statement.py", str(path)])
    assert tool.main() == 1
    _said_plainly(capsys, key)


def _said_plainly(capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Findings as lines that name the file, none of them a bare exception."""
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert not told.err and any(line.startswith("✗ ") for line in lines)
    assert all(line[:1] in "✗✓!" for line in lines)
    assert not any("KeyError" in line or f"({key!r})" in line or line.endswith(f" {key!r}") for line in lines), lines


def test_hashed_again_without_the_key(original: Path, tmp_path: Path) -> None:
    """Leaves, check sums and root fit the altered row: the signature does not."""
    opened, name = Opened(original), "rows/tickets.csv"
    opened.content[name] = opened.content[name].replace(b"incident", b"request", 1)
    path = opened.resealed(tmp_path / "altered.zip", None)
    assert_placed(path, "seal/signature.json: is not a signature over this root")


def test_a_signature_by_another_key(original: Path, tmp_path: Path) -> None:
    """Everything holds but the key: it is named, and is not the one that is trusted."""
    trusted = verify(original, quiet, figures=False).fingerprint
    path = Opened(original).resealed(tmp_path / "altered.zip", Ed25519PrivateKey.generate())
    verdict = verify(path, quiet, figures=False, trust=trusted)
    assert not verdict.findings and verdict.trusted is False and not verdict.holds
    statement = tool.Statement(path)
    assert statement.check() == verdict.fingerprint != trusted


def test_a_header_that_lies_about_sizes(original: Path, tmp_path: Path) -> None:
    data, path = original.read_bytes(), tmp_path / "altered.zip"
    entry = Opened(original).entries[10]
    for size, packed in (
        (entry.size + 1, entry.packed_size),
        (entry.size, entry.packed_size - 1),
        (1, entry.packed_size),
    ):
        lying = type(entry)(
            name=entry.name, method=entry.method, crc=entry.crc, packed_size=packed, size=size, header_at=0
        )
        header = local_header(lying)
        path.write_bytes(data[: entry.header_at] + header + data[entry.header_at + len(header) :])
        assert_placed(path, entry.name)


def test_nothing_that_is_no_statement_is_taken_for_one(tmp_path: Path) -> None:
    for data in (b"", b"no zip", b"PK\x03\x04" * 50, bytes(10_000)):
        (tmp_path / "x.zip").write_bytes(data)
        assert all(found_by_both(tmp_path / "x.zip"))
    folder = tmp_path / "y"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    shutil.make_archive(str(tmp_path / "z"), "zip", folder)
    assert all(found_by_both(tmp_path / "z.zip"))
