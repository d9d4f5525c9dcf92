#!/usr/bin/env python3
"""An independent verifier of Pacesetter statements: one plain file, the standard library and ``cryptography``, nothing else.

    python verify_statement.py STATEMENT.zip [--key FINGERPRINT] [--json] [--processes N]

It asks the same three questions as ``pacesetter verify``, with code of its own: is every byte the one that was sealed (and if not, which
file and row differ), who signed the seal, and do the rows give the figures. It was written from docs/reference/statement-format.md and
the pages that it names, and shares no line with the product. Exit status: 0 everything holds, 1 something does not, 2 the file cannot
be read.
"""

import argparse
import csv
import hashlib
import io
import json
import math
import struct
import sys
import zlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from itertools import pairwise
from multiprocessing import Pool
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# ---------------------------------------------------------------------------------------------------------------------
# 1. The container and the seal
# ---------------------------------------------------------------------------------------------------------------------

SEAL, SIGNATURE = "seal/seal.json", "seal/signature.json"
SEALED = ("name", "method", "size", "packed_size", "packed_sha256", "leaves_of", "records", "root", "leaves")
RECORDS, BYTES = 1024, 4096
METHODS = {"store": 0, "deflate": 8}


def why(error):
    """What an exception says, in words for whoever reads a finding."""
    if isinstance(error, KeyError) and error.args:
        return f"it lacks '{error.args[0]}'"
    return " ".join(f"{type(error).__name__}: {error}".split())


def canonical(value):
    """The one spelling of JSON that is hashed."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def local_header(name, method, crc, packed, size):
    raw = name.encode()
    return b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, 0x0800, method, 0, 0x21, crc, packed, size, len(raw), 0) + raw


def central_header(name, method, crc, packed, size, at):
    raw = name.encode()
    fields = (20, 20, 0x0800, method, 0, 0x21, crc, packed, size, len(raw), 0, 0, 0, 0, 0, at)
    return b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", *fields) + raw


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def tree_root(hashes):
    """RFC 6962: split at the largest power of two below n."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    # the same tree, bottom up: complete subtrees of equal size are joined as they appear
    stack = []
    for digest in hashes:
        stack.append((1, digest))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            count, right = stack.pop()
            stack[-1] = (2 * count, hashlib.sha256(b"\x01" + stack[-1][1] + right).digest())
    _, digest = stack.pop()
    while stack:
        digest = hashlib.sha256(b"\x01" + stack.pop()[1] + digest).digest()
    return digest


class Statement:
    """The file: ``entries`` maps names to (place of the packed bytes, method, packed size, size)."""

    def __init__(self, path):
        self.file = open(path, "rb")  # noqa: SIM115
        self.file.seek(0, 2)
        self.length = self.file.tell()
        self.findings = []
        self.names = []
        self.entries = {}
        self.walk()

    def say(self, place, what):
        line = f"{place}: {what}"
        if line not in self.findings:
            self.findings.append(line)

    def read(self, at, count):
        self.file.seek(at)
        return self.file.read(count)

    def walk(self):
        """Names in the order of their local headers, as far as these go; behind a damaged one, as the directory says."""
        at = 0
        while True:
            head = self.read(at, 30)
            if head[:4] != b"PK\x03\x04" or len(head) < 30:
                break
            _, _, method, _, _, crc, packed, size, length, extra = struct.unpack("<HHHHHIIIHH", head[4:])
            name = self.read(at + 30, length).decode("utf-8", "replace")
            start = at + 30 + length + extra
            if start + packed > self.length:
                break
            self.names.append(name)
            if name in self.entries:
                self.say(f"entry '{name}'", "the name stands there twice")
            self.entries.setdefault(name, (start, method, packed, size, crc))
            at = start + packed
        self.walked_to = at
        if self.read(at, 4) != b"PK\x01\x02":
            what = "no entry and no directory begins here" if at < self.length else "the file is cut short"
            self.say(f"byte {at:,}" + (f", behind '{self.names[-1]}'" if self.names else ", the first"), what)
            self.from_directory()

    def from_directory(self):
        at = self.length
        tail = self.read(max(0, at - 22), 22)
        if tail[:4] != b"PK\x05\x06" or len(tail) < 22:
            return
        *_, count, _, size, where, _ = struct.unpack("<HHHHIIH", tail[4:])
        data, at = self.read(where, size), 0
        for _ in range(count):
            if data[at : at + 4] != b"PK\x01\x02" or len(data) < at + 46:
                return
            fields = struct.unpack("<HHHHHHIIIHHHHHII", data[at + 4 : at + 46])
            method, crc, packed, size, length, header_at = (
                fields[3],
                fields[6],
                fields[7],
                fields[8],
                fields[9],
                fields[15],
            )
            name = data[at + 46 : at + 46 + length].decode("utf-8", "replace")
            self.entries.setdefault(name, (header_at + 30 + length, method, packed, size, crc))
            at += 46 + length + fields[10] + fields[11]

    def packed(self, name):
        start, _, packed, _, _ = self.entries[name]
        while packed > 0:
            piece = self.read(start, min(packed, 1 << 20))
            if not piece:
                return
            start, packed = start + len(piece), packed - len(piece)
            yield piece

    def content(self, name):
        """Pieces of the content. Raises ValueError where the packed bytes are damaged."""
        _, method, _, size, _ = self.entries[name]
        if method == 0:
            yield from self.packed(name)
            return
        if method != 8:
            raise ValueError(f"packed by the unknown method {method}")
        unpack, made = zlib.decompressobj(-15), 0
        try:
            for piece in self.packed(name):
                while piece:
                    data = unpack.decompress(piece, 1 << 20)
                    made += len(data)
                    if made > size:
                        raise ValueError(f"unpacks to more than {size:,} bytes")
                    yield data
                    piece = unpack.unconsumed_tail
            yield unpack.flush()
        except zlib.error as error:
            raise ValueError(f"cannot be unpacked behind its byte {made:,} ({error})") from None
        if not unpack.eof or unpack.unused_data:
            raise ValueError("its packed bytes end too early or too late")

    def whole(self, name):
        return b"".join(self.content(name))

    # -- the checks -------------------------------------------------------------------------------------------------

    def check(self):
        """Everything about bytes; returns the fingerprint of the key that signed, or None."""
        seal, root = self.check_seal()
        key = self.check_signature(root)
        if seal is None:
            return key
        wanted = [entry["name"] for entry in seal["entries"]] + [SEAL, SIGNATURE]
        self.check_names(wanted)
        sums = {}
        for entry in seal["entries"]:
            if entry["name"] in self.entries:
                sums[entry["name"]] = self.check_entry(entry)
        self.check_layout(wanted, sums, {entry["name"]: entry for entry in seal["entries"]})
        return key

    def check_seal(self):
        if SEAL not in self.entries:
            self.say(SEAL, "is missing")
            return None, ""
        data = b"".join(self.packed(SEAL))
        try:
            seal = json.loads(data)
            plain = [{k: v for k, v in entry.items() if k != "leaves"} for entry in seal["entries"]]
            root = tree_root([leaf_hash(canonical(entry)) for entry in plain]).hex()
            for entry in seal["entries"]:
                lacking = [word for word in SEALED if word not in entry]
                if lacking:
                    raise KeyError(lacking[0])
                if tree_root([bytes.fromhex(x) for x in entry["leaves"]]).hex() != entry["root"]:
                    self.say(f"{SEAL}, '{entry['name']}'", "its leaves do not hash to its root")
            fixed = (seal["format"], seal["hash"], seal["records_per_leaf"], seal["bytes_per_leaf"])
            if fixed != (1, "sha-256", RECORDS, BYTES) or len(seal) != 6:
                self.say(SEAL, "is of a format that this verifier does not know")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.say(SEAL, f"cannot be read ({why(error)})")
            return None, ""
        if canonical(seal) != data:
            self.say(SEAL, "is not in the one spelling")
        if seal.get("root") != root:
            self.say(f"{SEAL}, root", "is not the root over the entries that it lists")
        return seal, seal.get("root", "")

    def check_signature(self, root):
        if SIGNATURE not in self.entries:
            self.say(SIGNATURE, "is missing")
            return None
        data = b"".join(self.packed(SIGNATURE))
        try:
            value = json.loads(data)
            public, signature = bytes.fromhex(value["public_key"]), bytes.fromhex(value["signature"])
            key = Ed25519PublicKey.from_public_bytes(public)
        except (ValueError, KeyError, TypeError):
            self.say(SIGNATURE, "cannot be read")
            return None
        if canonical(value) != data or value.get("algorithm") != "ed25519" or len(value) != 3:
            self.say(SIGNATURE, "is not in the one spelling")
        try:
            key.verify(signature, f"pacesetter statement 1\n{root}\n".encode())
        except InvalidSignature:
            self.say(SIGNATURE, "is not a signature over this root by the key that stands beside it")
        return hashlib.sha256(public).hexdigest()

    def check_names(self, wanted):
        for name in dict.fromkeys(self.names):
            if name not in wanted:
                self.say(f"entry '{name}'", "was not sealed")
        for name in wanted:
            if name not in self.entries:
                self.say(f"entry '{name}'", "was sealed and is missing")
        here = [name for name in dict.fromkeys(self.names) if name in wanted]
        order = [name for name in wanted if name in here]
        if here != order:
            moved = next(a for a, b in zip(here, order, strict=True) if a != b)
            self.say(f"entry '{moved}'", "does not stand in its place: the entries are in another order")

    def check_layout(self, wanted, sums, sealed):
        """The container has one spelling, and what was sealed determines every byte of it."""
        at, directory = 0, b""
        for name in wanted:
            if name not in self.entries:
                return
            if name in sealed:
                method, packed, size = (
                    METHODS.get(sealed[name]["method"], 0),
                    sealed[name]["packed_size"],
                    sealed[name]["size"],
                )
                crc = sums[name]
            else:  # the seal and its signature are stored as they are
                data = b"".join(self.packed(name))
                method, packed, size, crc = 0, len(data), len(data), zlib.crc32(data)
            head = local_header(name, method, crc, packed, size)
            self.compare(at, head, f"header of '{name}'")
            directory += central_header(name, method, crc, packed, size, at)
            at += len(head) + packed
        count = len(wanted)
        end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), at, 0)
        self.compare(at, directory, "the directory at the end")
        self.compare(at + len(directory), end, "the end record")
        rest = self.length - at - len(directory) - len(end)
        if rest > 0:
            self.say(f"byte {self.length - rest:,}", f"{rest:,} bytes too many at the end")

    def compare(self, at, spelled, what):
        there = self.read(at, len(spelled))
        if there != spelled:
            place = next((n for n, (a, b) in enumerate(zip(there, spelled, strict=False)) if a != b), len(there))
            short = place == len(there)
            self.say(
                f"byte {at + place:,}, {what}", "is cut short" if short else "is not what the sealed content makes it"
            )

    def check_entry(self, sealed):
        """The content of one entry; says which rows or bytes differ. Returns the check sum for its header."""
        name = sealed["name"]
        digest = hashlib.sha256()
        for piece in self.packed(name):
            digest.update(piece)
        before = len(self.findings)
        crc = size = 0
        leaves, sums, damage = [], [], None
        try:
            if sealed["leaves_of"] == "records":
                block = []
                for record in records(self.content(name)):
                    crc, size = zlib.crc32(record, crc), size + len(record)
                    sums.append(zlib.crc32(record))
                    block.append(record)
                    if len(block) == RECORDS:
                        leaves.append(leaf_hash(b"".join(block)))
                        block = []
                if block:
                    leaves.append(leaf_hash(b"".join(block)))
            else:
                for block in blocks(self.content(name)):
                    crc, size = zlib.crc32(block, crc), size + len(block)
                    leaves.append(leaf_hash(block))
        except ValueError as error:
            damage = str(error)
        if [x.hex() for x in leaves] != sealed["leaves"]:
            self.place(name, sealed, leaves, sums)
        if damage:
            self.say(name, damage)
        _, method, packed, _, _ = self.entries[name]
        if (size, packed, method) != (sealed["size"], sealed["packed_size"], METHODS.get(sealed["method"])):
            self.say(name, f"is of other sizes than were sealed ({size:,} instead of {sealed['size']:,} bytes)")
        if digest.hexdigest() != sealed["packed_sha256"] and len(self.findings) == before:
            self.say(f"packed bytes of '{name}'", "are other bytes than were sealed, although they unpack to the same")
        return crc

    def place(self, name, sealed, leaves, sums):
        checks = "seal/rows/" + name[len("rows/") : -len(".csv")] + ".crc32"
        if sealed["leaves_of"] == "records" and checks in self.entries:
            try:
                raw = self.whole(checks)
                told = struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])
            except ValueError:
                told = ()
            different = [n for n, (a, b) in enumerate(zip(sums, told, strict=False)) if a != b]
            if len(told) != len(sums):
                first = different[0] if different else min(len(told), len(sums))
                word = "too many" if len(sums) > len(told) else "are missing"
                self.say(f"{name}, row {first}", f"{abs(len(told) - len(sums)):,} rows {word} from here on or later")
                return
            for n in different[:20]:
                self.say(f"{name}, row {n}" if n else f"{name}, header", "differs from what was sealed")
            if len(different) > 20:
                self.say(name, f"and {len(different) - 20:,} more rows")
            if different:
                return
        unit, word = (RECORDS, "rows") if sealed["leaves_of"] == "records" else (BYTES, "bytes")
        spans = [n for n, (a, b) in enumerate(zip(leaves, sealed["leaves"], strict=False)) if a.hex() != b]
        if len(leaves) != len(sealed["leaves"]):
            spans.append(min(len(leaves), len(sealed["leaves"])))
        for n in spans[:20]:
            self.say(f"{name}, {word} {n * unit:,} to {(n + 1) * unit - 1:,}", "differs from what was sealed")


def records(pieces):
    """Records of comma-separated values: lines, put together where a line end stands within quotes."""
    rest, open_record = b"", b""
    for piece in pieces:
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        for line in lines:
            line += b"\n"
            if open_record or b'"' in line:
                open_record += line
                if open_record.count(b'"') % 2:
                    continue
                line, open_record = open_record, b""
            yield line
    if open_record or rest:
        yield open_record + rest


def blocks(pieces):
    rest = b""
    for piece in pieces:
        rest += piece
        while len(rest) >= BYTES:
            yield rest[:BYTES]
            rest = rest[BYTES:]
    if rest:
        yield rest


# ---------------------------------------------------------------------------------------------------------------------
# 2. Business time, from the wall clock of the calendar's zone
# ---------------------------------------------------------------------------------------------------------------------

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FAR = 1 << 60


def micros(text):
    """Microseconds since the epoch of an instant in UTC."""
    delta = datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def clock_minutes(text):
    hour, minute = text.strip().split(":")
    return int(hour) * 60 + int(minute)


def spans_of(text):
    """Spans of a day in minutes; one that ends at or before its start passes midnight."""
    found = []
    for piece in text.split(","):
        start, end = (clock_minutes(x) for x in piece.split("-"))
        found.append((start, end if end > start else end + 1440))
    return found


def week_of(text):
    week = {day: [] for day in range(7)}
    if text.strip().lower() in ("24x7", "24×7"):
        return {day: [(0, 1440)] for day in range(7)}
    for entry in filter(None, (x.strip() for x in text.split(";"))):
        cut = next(n for n, c in enumerate(entry) if c.isdigit())
        for item in entry[:cut].split(","):
            ends = [DAYS.index(x.strip().lower()) for x in item.split("-")]
            for n in range((ends[-1] - ends[0]) % 7 + 1):
                week[(ends[0] + n) % 7] += spans_of(entry[cut:])
    return week


class Calendar:
    """Open instants between two years as sorted, disjoint intervals with the open seconds before each."""

    def __init__(self, zone_name, hours, exceptions, first_year, last_year):
        zone, week = ZoneInfo(zone_name), week_of(hours)
        walls = []
        day, last = date(first_year, 1, 1) - timedelta(days=1), date(last_year + 1, 1, 1)
        while day <= last:
            spans = (spans_of(exceptions[day]) if exceptions[day] else []) if day in exceptions else week[day.weekday()]
            base = (day.toordinal() - 719163) * 86400
            walls += [(base + a * 60, base + b * 60) for a, b in spans]
            day += timedelta(days=1)
        merged = []
        for a, b in sorted(walls):
            if merged and a <= merged[-1][1]:
                merged[-1][1] = max(b, merged[-1][1])
            else:
                merged.append([a, b])
        starts = [a for a, _ in merged]
        self.starts, self.ends = [], []
        for begin, end, offset in offsets(zone, utc(first_year) - 86400, utc(last_year + 1) + 86400):
            n = max(0, bisect_right(starts, begin + offset) - 1)
            while n < len(merged) and merged[n][0] < end + offset:
                a, b = max(merged[n][0] - offset, begin), min(merged[n][1] - offset, end)
                if b > a:
                    if self.ends and self.ends[-1] == a:
                        self.ends[-1] = b
                    else:
                        self.starts.append(a)
                        self.ends.append(b)
                n += 1
        self.before, total = [], 0
        for a, b in zip(self.starts, self.ends, strict=True):
            self.before.append(total)
            total += b - a
        self.after = [c + b - a for a, b, c in zip(self.starts, self.ends, self.before, strict=True)]

    def passed(self, at):
        n = bisect_right(self.starts, at) - 1
        if n < 0:
            return 0
        end = self.ends[n]
        return self.before[n] + (at if at < end else end) - self.starts[n]

    def due(self, start, seconds):
        """The earliest instant at which so many open seconds (more than 0) have passed; None where there are not so many."""
        wanted = self.passed(start) + seconds
        n = bisect_left(self.after, wanted)
        return None if n == len(self.after) else self.starts[n] + wanted - self.before[n]


class AlwaysOpen:
    def passed(self, at):
        return at

    def due(self, start, seconds):
        return start + seconds


ALWAYS = AlwaysOpen()


def utc(year):
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def offsets(zone, first, last):
    """(from, to, seconds east of UTC): the stretches without a clock change."""

    def offset(at):
        return int(datetime.fromtimestamp(at, zone).utcoffset().total_seconds())

    begin, now, at = first, offset(first), first
    while at < last:
        step = min(at + 6 * 3600, last)
        then = offset(step)
        if then != now:
            low, high = at, step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == now else (low, middle)
            yield begin, high, now
            begin, now = high, then
        at = step
    yield begin, last, now


def midnight(day, zone):
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


# ---------------------------------------------------------------------------------------------------------------------
# 3. A ticket's life, folded from its events
# ---------------------------------------------------------------------------------------------------------------------

NEW, ACTIVE, REQUESTER, VENDOR, SCHEDULED, RESOLVED, CLOSED, CANCELLED = range(1, 9)
PHASES = ("new", "active", "waiting_requester", "waiting_vendor", "scheduled", "resolved", "closed", "cancelled")
PAUSES = (REQUESTER, VENDOR, SCHEDULED)
LIVE = ("phone", "chat", "walk_in")
CARRIED = {"assignment": "technician", "priority": "priority", "category": "category"}


class World:
    """What a ticket's life needs to know beside itself."""

    def __init__(self, told, tables):
        self.as_of = int(told["as_of_s"])
        self.zone = ZoneInfo(told["period"]["time_zone"])
        self.home = ZoneInfo(told["settings"]["time_zone"])
        rules = told["settings"]["rules"]
        self.gap, self.window = rules["contact_gap_s"], rules["first_contact_window_s"]
        self.phases = {name: n for n, name in enumerate(PHASES, 1)}
        self.phases |= {r["status"]: PHASES.index(r["phase"]) + 1 for r in tables["ticket_statuses"]}
        self.teams = {r["team_id"]: (r["organisation"], number(r["tier"]), r["calendar_id"]) for r in tables["teams"]}
        self.technicians = {r["technician_id"]: r["team_id"] for r in tables["technicians"]}
        # later revisions read who was in which team when (a vendor's people are no technicians of the service side), and take the
        # requester's first message about what a robot opened for the first contact
        revision = told["revisions"]
        self.memberships = defaultdict(list)
        if revision.get("escalation_response_time", 1) >= 2:
            for r in tables["team_memberships"]:
                first, end = border(r["valid_from"], self.home, -FAR), border(r["valid_to"], self.home, FAR)
                self.memberships[r["technician_id"]].append((first, r["team_id"], end))
        self.knows_vendors = revision.get("first_response_time", 1) >= 2
        self.knows_robots = revision.get("first_contact_resolution", 1) >= 3
        self.workspace_calendar = told["settings"]["calendar"]
        self.client_calendar = {r["client_id"]: r["calendar_id"] for r in tables["clients"]}
        self.calendar_rows = {r["calendar_id"]: r for r in tables["calendars"]}
        self.exceptions = defaultdict(dict)
        for r in tables["calendar_exceptions"]:
            self.exceptions[r["calendar_id"]][date.fromisoformat(r["day"])] = r["hours"]
        self.built = {}
        # from revision 3 on, a ticket that has a clock which cannot be judged is not one that kept everything
        self.doubts = told["revisions"].get("sla_compliance", 1) >= 3
        self.read_policies(tables)

    def read_policies(self, tables):
        agreements = {r["agreement_id"]: r for r in tables["agreements"]}
        self.targets = defaultdict(list)
        for r in tables["sla_targets"]:
            seconds = round(float(r["target_minutes"]) * 60)
            self.targets[r["sla_policy_id"], r["clock"]].append((r["priority"], r["type"], seconds, r["hours"]))
        self.policies = {}
        for r in tables["sla_policies"]:
            calendar = self.calendar_rows.get(r["calendar_id"])
            zone = ZoneInfo(calendar["time_zone"]) if calendar else self.home
            agreement = agreements.get(r["agreement_id"]) or {}
            self.policies[r["sla_policy_id"]] = {
                "calendar": r["calendar_id"], "client": r["client_id"] or agreement.get("client_id"),
                "rank": number(r["rank"]) if r["rank"] else 1e300,
                "breadth": 0 if r["agreement_id"] else 1 if r["client_id"] else 2,
                "from": border(r["valid_from"], zone, -FAR), "to": border(r["valid_to"], zone, FAR),
                "offering": agreement.get("offering_id"), "since": border(agreement.get("starts_on"), zone, -FAR),
                "until": border(agreement.get("ends_on"), zone, FAR),
                "on_reopen": r["on_reopen"] or "resume", "on_priority_change": r["on_priority_change"] or "retarget",
            }  # fmt: skip

    def team_of(self, technician, second):
        """The team that a technician was in: the membership that began last, else, where he never had one, his own."""
        mine = self.memberships.get(technician)
        if mine is None:
            return self.technicians.get(technician)
        return max(((first, team) for first, team, end in mine if first <= second < end), default=(0, None))[1]

    def calendar(self, calendar_id):
        """The calendar, None where there is none."""
        if calendar_id not in self.calendar_rows:
            return None
        if calendar_id not in self.built:
            row = self.calendar_rows[calendar_id]
            years = datetime.fromtimestamp(self.as_of, UTC).year
            self.built[calendar_id] = Calendar(
                row["time_zone"], row["hours"], self.exceptions[calendar_id], years - 12, years + 4
            )
        return self.built[calendar_id]

    def judge(self, ticket, created, team):
        """(policy id or None, calendar id or None) of a ticket."""
        chosen = ticket["sla_policy_id"]
        if chosen is None:
            fitting = [
                (p["rank"], p["breadth"], i) for i, p in self.policies.items()
                if p["client"] in (None, ticket["client_id"]) and p["from"] <= created < p["to"]
                and p["since"] <= created < p["until"]
                and (p["offering"] is None or ticket["offering_id"] is None or p["offering"] == ticket["offering_id"])
            ]  # fmt: skip
            chosen = min(fitting)[2] if fitting else None
        first = self.teams.get(team, (None, None, None))[2]
        own = self.policies.get(chosen, {}).get("calendar")
        return chosen, own or self.client_calendar.get(ticket["client_id"]) or first or self.workspace_calendar

    def target(self, policy, clock, priority, kind):
        """(seconds, hours) of the most specific target, None without one."""
        best = None
        for wanted, type_, seconds, hours in self.targets[policy, clock]:
            if (wanted is None or wanted == priority) and (type_ is None or type_ == kind):
                rank = (1 if wanted and type_ else 2 if wanted else 3 if type_ else 4, seconds)
                if best is None or rank < best[0]:
                    best = (rank, (seconds, hours))
        return best[1] if best else None

    def holder(self, phase, team):
        if phase == REQUESTER:
            return "requester"
        if phase == VENDOR:
            return "vendor"
        organisation, tier, _ = self.teams.get(team, (None, None, None))
        if organisation is None:
            return "nobody"
        return f"msp tier {tier:.0f}" if organisation == "msp" and tier is not None else organisation


def number(text):
    return None if text is None else float(text)


def border(text, zone, without):
    return midnight(date.fromisoformat(text), zone) if text else without


class Timeline:
    """A value that changes: ``at`` gives it when a second ended."""

    __slots__ = ("seconds", "values")

    def __init__(self, second, value):
        self.seconds, self.values = [second], [value]

    def set(self, second, value):
        if self.seconds[-1] == second:
            self.values[-1] = value
        else:
            self.seconds.append(second)
            self.values.append(value)

    def at(self, second):
        return self.values[bisect_right(self.seconds, second) - 1]


class Life:
    """One ticket as of the as-of second. ``events`` are (microseconds, id, kind, actor kind, actor, from, to, public)."""

    def __init__(self, world, ticket, events):
        self.world, self.ticket = world, ticket
        events.sort(key=lambda e: (e[0], e[1]))
        kinds = {e[2] for e in events}
        made = next((e for e in events if e[2] == "created"), None)
        self.created = (made[0] if made else micros(ticket["created_at"])) // 1_000_000
        self.exists = self.created <= world.as_of
        self.kinds = kinds
        self.has_team = "team" in kinds or any(e[2] == "escalation" and e[6] is not None for e in events)
        self.has_phase = bool(kinds & {"status", "resolved", "closed", "reopened"})
        self.made, self.events = made, events
        if self.exists:
            self.order()
            self.fold()
            self.judge()

    def order(self):
        """Events up to the as-of second in their order; columns stand in for a missing kind of event."""
        rows = [(e[0], 0, e) for e in self.events]
        if "status" not in self.kinds:
            for rank, kind in ((1, "resolved"), (2, "closed")):
                text = self.ticket[f"{kind}_at"]
                if text and kind not in self.kinds:
                    at = micros(text)
                    rows.append((at, rank, (at, "", kind, None, None, None, None, None)))
        placed = []
        for at, rank, event in rows:
            second = at // 1_000_000
            if second <= self.world.as_of:
                early = second < self.created and event[2] != "created"
                placed.append((max(second, self.created), rank, at, event[1], early, event))
        placed.sort(key=lambda p: p[:4])
        self.moves = [(p[0], p[4], p[5]) for p in placed]

    def first_value(self, kind, column):
        """What held before the first event of a kind: its value before; the column where there is no such event."""
        for e in self.events:
            if e[2] == kind or (kind == "team" and e[2] == "escalation" and e[6] is not None):
                return e[5]
        return self.ticket.get(column)

    def first_phase(self):
        phases = self.world.phases
        word = phases.get(self.made[6]) if self.made and self.made[6] is not None else None
        if word is not None and word <= SCHEDULED:
            return word
        if not (self.made and self.made[6] is not None):
            before = next((e[5] for e in self.events if e[2] == "status"), None)
            if phases.get(before, 9) <= SCHEDULED:
                return phases[before]
        if self.has_phase or self.ticket["resolved_at"] or self.ticket["closed_at"]:
            return NEW
        return phases.get(self.ticket["status"], ACTIVE) if self.ticket["status"] else NEW

    def fold(self):
        world, created = self.world, self.created
        now = self.first_phase()
        self.phase = Timeline(created, now)
        self.team = Timeline(created, self.first_value("team", "team_id"))
        self.priority = Timeline(created, self.first_value("priority", "priority"))
        self.category = Timeline(created, self.first_value("category", "category"))
        self.changes = [created]  # seconds at which any state changed
        self.steps = []  # (second, phase before, phase) in the order of events
        self.resolutions, self.reopenings, self.leavings, self.closures = [], [], [], []  # (place, second, early)
        self.escalations, self.handoffs, self.contacts = [], [], []
        self.human, self.merged = [], None
        held, raised = self.team.values[0], False
        for place, (second, early, e) in enumerate(self.moves):
            kind, to = e[2], e[6]
            then = self.next_phase(now, kind, to)
            if then != now:
                self.step(place, second, early, now, then)
                now = then
            elif kind == "reply":
                actor = self.actor(e, second)
                if actor == "technician" and e[7] is not False:
                    self.human.append((place, second, early))
                elif actor == "requester":
                    self.contacts.append((place, second))
            elif kind == "team" or kind == "escalation":
                tier, before = world.teams.get(to, (0, None, 0))[1], world.teams.get(held, (0, None, 0))[1]
                up = kind == "team" and to is not None and tier is not None and before is not None and tier > before
                again = kind == "escalation" and raised and to is not None and to == held
                if up or (kind == "escalation" and not again):
                    self.escalations.append((place, second, early, held, to if kind == "team" or to is not None else None,
                                             kind == "team" or to is not None))  # fmt: skip
                raised = up
                if kind == "team" or to is not None:
                    if to is not None and held is not None and to != held:
                        self.handoffs.append((place, second))
                    self.team.set(second, to)
                    self.changes.append(second)
                    held = to if to is not None else held
            elif kind == "priority":
                self.priority.set(second, to)
                self.changes.append(second)
            elif kind == "category":
                self.category.set(second, to)
                self.changes.append(second)
            elif kind == "assignment":
                self.changes.append(second)
            elif kind == "merge" and to is not None and to != self.ticket["ticket_id"] and self.merged is None:
                self.merged = second
        self.now = now

    def actor(self, e, second):
        told = e[3] if e[3] is not None else "technician" if e[4] in self.world.technicians else None
        if told == "technician" and self.world.knows_vendors:
            team = self.world.team_of(e[4], second)
            return "vendor" if self.world.teams.get(team, (None,))[0] == "vendor" else told
        return told

    def next_phase(self, now, kind, to):
        if kind == "status" and to is not None:
            then = self.world.phases.get(to, ACTIVE)
        elif kind == "resolved":
            then = RESOLVED
        elif kind == "closed":
            then = CLOSED
        elif kind == "reopened":
            return ACTIVE if now >= RESOLVED else now
        else:
            return now
        return CANCELLED if (now, then) == (CANCELLED, CLOSED) else then

    def step(self, place, second, early, now, then):
        self.phase.set(second, then)
        self.changes.append(second)
        self.steps.append((second, now, then))
        done, was = then in (RESOLVED, CLOSED), now in (RESOLVED, CLOSED)
        if done and not was:
            self.resolutions.append((place, second, early))
        if was and not done:
            self.leavings.append(place)
            if then <= SCHEDULED:
                self.reopenings.append((place, second, self.resolutions[-1][1]))
        if then == CLOSED:
            self.closures.append((place, second, early))

    def standing(self, moments):
        """The last of these moments that still holds."""
        if not moments or self.now not in (RESOLVED, CLOSED):
            return None
        last = moments[-1]
        return None if any(place > last[0] for place in self.leavings) else last

    def judge(self):
        team = self.team.values[0]
        if team is None:
            team = next((e[6] for e in self.events if e[6] is not None and e[2] in ("team", "escalation")), None)
        self.policy, calendar_id = self.world.judge(self.ticket, self.created, team)
        self.calendar = self.world.calendar(calendar_id)
        self.open = self.calendar or ALWAYS
        ticket, merged = self.ticket, self.merged
        excluded = ticket["excluded_as"]
        since = self.created if excluded else None
        if merged is not None and (excluded or "merged") == "merged":
            excluded, since = "merged", merged
        self.out = excluded if since is not None and since <= self.world.as_of else None
        self.is_alert = ticket["type"] == "alert"
        self.responded = self.response()

    def response(self):
        """(second, early) of the first response, None where there is none yet."""
        ticket = self.ticket
        if ticket["opened_by"] == "technician" and ticket["channel"] in LIVE:
            return self.created, False
        if "reply" in self.kinds:
            return (self.human[0][1], self.human[0][2]) if self.human else None
        if not ticket["first_response_at"]:
            return None
        second = micros(ticket["first_response_at"]) // 1_000_000
        return (
            (max(second, self.created), second < self.created)
            if max(second, self.created) <= self.world.as_of
            else None
        )

    # -- durations --------------------------------------------------------------------------------------------------

    def pieces(self, start, end):
        """``[start, end)`` in pieces of one phase and team: (from, to, phase, team)."""
        changes = {s for s in (*self.phase.seconds, *self.team.seconds) if start < s < end}
        edges = sorted({start, end} | changes)
        for a, b in pairwise(edges):
            yield a, b, self.phase.at(a), self.team.at(a)

    def lengths(self, at, start=None):
        """Seconds since the creation (or ``start``) by kind of hours."""
        begin = self.created if start is None else start
        passed = self.open.passed
        business = passed(at) - passed(begin)
        paused = 0
        seconds, values = self.phase.seconds, self.phase.values
        for n, phase in enumerate(values):
            if phase in PAUSES:
                a = max(seconds[n], begin)
                b = min(seconds[n + 1] if n + 1 < len(seconds) else at, at)
                if b > a:
                    paused += passed(b) - passed(a)
        return {"calendar": at - begin, "business": business, "sla": business - paused}

    def ran(self, at):
        """Open seconds in new or active from the creation to ``at``."""
        seconds, values, total = self.phase.seconds, self.phase.values, 0
        for n, phase in enumerate(values):
            if phase <= ACTIVE:
                b = min(seconds[n + 1] if n + 1 < len(seconds) else at, at)
                if b > seconds[n]:
                    total += self.open.passed(b) - self.open.passed(seconds[n])
        return total

    def silence(self, end):
        marks = sorted({s for _, s, _ in self.human if s < end})
        ran = [0, *(self.ran(s) for s in marks), self.ran(end)]
        return max(b - a for a, b in pairwise(ran))

    def held(self, end):
        """Calendar and business seconds by holder, from the creation to ``end``."""
        found = {}
        for a, b, phase, team in self.pieces(self.created, end):
            pair = found.setdefault(self.world.holder(phase, team), [0, 0])
            pair[0] += b - a
            pair[1] += self.open.passed(b) - self.open.passed(a)
        if not found:
            found[self.world.holder(self.phase.at(end), self.team.at(end))] = [0, 0]
        return found


# ---------------------------------------------------------------------------------------------------------------------
# 4. Clocks: one promise to one ticket, replayed second by second of its life
# ---------------------------------------------------------------------------------------------------------------------


class Cycle:
    __slots__ = ("began", "broken", "business", "calendar", "cancelled", "stopped", "target", "used_when_broken")

    def __init__(self, at):
        self.began, self.calendar, self.business = at, 0, 0
        self.broken = self.stopped = self.cancelled = self.target = self.used_when_broken = None

    @property
    def ended(self):
        return self.stopped if self.stopped is not None else self.cancelled


class Clock:
    """One clock of one ticket up to and with the as-of second, after docs/explanation/how-clocks-run.md."""

    def __init__(self, life, name, policy_id):
        self.life, self.name, self.policy_id = life, name, policy_id
        self.policy = life.world.policies[policy_id]
        self.cycles = [Cycle(life.created)]
        self.alive, self.was_met, self.had_target = True, False, False
        self.aimed_at = life.priority.values[0]
        self.run()

    def run(self):
        life = self.life
        by_second = defaultdict(list)
        for second, before, then in life.steps:
            by_second[second].append((before, then))
        replies = {s for _, s, _ in life.human}
        seconds = {life.created, *by_second, *life.priority.seconds}
        if self.name == "update":
            seconds |= replies
        if self.name == "respond" and life.responded:
            seconds.add(life.responded[0])
        ordered = sorted(seconds)
        passing = life.phase.values[0] if not by_second.get(life.created) else life.steps[0][1]
        for at, until in zip(ordered, [*ordered[1:], life.world.as_of], strict=True):
            passing = self.second(at, by_second.get(at, ()), passing, at in replies)
            self.advance(at, until)

    def second(self, at, steps, phase, replied):
        """What happens in one second, in its order; then what it looks like when it ends. Returns the phase."""
        life = self.life
        self.priority = life.priority.at(at)
        if at == life.created:
            self.aim(at)
        if self.name == "respond" and life.responded and life.responded[0] == at:
            self.end(at, fulfilled=True)
        if self.name == "update" and replied and self.alive and at > self.cycles[-1].began:
            self.end(at, fulfilled=True)
            self.begin(at)
        for before, then in steps:
            done, was = then in (RESOLVED, CLOSED), before in (RESOLVED, CLOSED)
            if done and not was:
                if not self.alive:
                    self.go_on(at, reopened=False)
                self.end(at, fulfilled=self.name in ("plan", "resolve"))
            elif was and not done:
                self.go_on(at, reopened=True)
            phase = then
        if self.name == "plan" and phase == SCHEDULED:
            self.end(at, fulfilled=True)
        if phase == CANCELLED:
            self.end(at, fulfilled=False)
        elif phase <= SCHEDULED and not self.alive:
            self.go_on(at, reopened=False)
        self.phase = phase
        if self.alive:
            self.aim(at)
        return phase

    def end(self, at, fulfilled):
        if not self.alive:
            return
        cycle = self.cycles[-1]
        if self.name == "update" and not fulfilled and at == cycle.began:
            self.cycles.pop()
        elif fulfilled:
            cycle.stopped = at
            self.was_met = self.was_met or (cycle.target is not None and self.left(cycle) is not None)
            self.had_target = self.had_target or cycle.target is not None
        else:
            cycle.cancelled = at
        self.alive = False

    def begin(self, at):
        self.cycles.append(Cycle(at))
        self.alive, self.aimed_at = True, self.priority

    def go_on(self, at, reopened):
        if self.name in ("respond", "plan"):
            return
        changed = self.policy["on_priority_change"] == "restart" and self.priority != self.aimed_at
        if self.name == "update" or (reopened and self.policy["on_reopen"] == "restart") or changed or not self.cycles:
            self.begin(at)
        else:
            self.alive = True
            self.cycles[-1].stopped = self.cycles[-1].cancelled = None
        self.aim(at)

    def aim(self, at):
        cycle, rule = self.cycles[-1], self.policy["on_priority_change"]
        if cycle.began == at:
            self.aimed_at = self.priority
        elif self.priority != self.aimed_at and rule == "restart":
            cycle.cancelled = at
            self.begin(at)
            cycle = self.cycles[-1]
        elif self.priority != self.aimed_at and rule == "retarget":
            self.aimed_at = self.priority
        cycle.target = self.life.world.target(self.policy_id, self.name, self.aimed_at, self.life.ticket["type"])

    def runs(self):
        return self.alive and (self.name == "respond" or self.phase not in PAUSES)

    def left(self, cycle):
        """Seconds left of the target, None where that cannot be known."""
        if cycle.target is None:
            return None
        seconds, hours = cycle.target
        if hours == "calendar":
            return seconds - cycle.calendar
        return None if self.life.calendar is None else seconds - cycle.business

    def advance(self, start, end):
        if not self.alive:
            return
        cycle = self.cycles[-1]
        left = self.left(cycle)
        due = None
        if left is not None and left <= 0:
            due = start
        elif left is not None and self.runs():
            due = (ALWAYS if cycle.target[1] == "calendar" else self.life.calendar).due(start, left)
        if cycle.broken is None and due is not None and due < end:
            cycle.broken = due
            cycle.used_when_broken = cycle.target[0] if left > 0 else cycle.target[0] - left
        if self.runs() and end > start:
            cycle.calendar += end - start
            if self.life.calendar is not None:
                cycle.business += self.life.calendar.passed(end) - self.life.calendar.passed(start)


def clocks_of(life):
    """(name, cycle, outcome, second that judges) of every clock with a target, and (kept, second) of all together, or None. Where one
    cannot be judged and none is broken, kept is None."""
    found, ends, broken, alive, met, stopped, doubt = [], [], [], False, False, False, False
    if life.policy not in life.world.policies:
        return found, None
    for name in ("respond", "plan", "update", "resolve"):
        if (life.policy, name) not in life.world.targets or not has_clock(life, name):
            continue
        clock = Clock(life, name, life.policy)
        met, stopped = met or clock.was_met, stopped or clock.had_target
        for cycle in clock.cycles:
            if cycle.broken is not None:
                found.append((name, cycle, "breached", cycle.broken))
                broken.append(cycle.broken)
            elif cycle.target is None:
                continue
            elif clock.left(cycle) is None:
                found.append((name, cycle, "unknown", cycle.stopped))
                doubt = True
            elif cycle.stopped is not None:
                found.append((name, cycle, "met", cycle.stopped))
            ends.append(cycle.ended)
            alive = alive or cycle.ended is None
    if broken:
        return found, (False, min(broken))
    if life.world.doubts and doubt:
        return found, (None, max(ends)) if ends and stopped and not alive else None
    return found, (True, max(ends)) if ends and met and not alive else None


def has_clock(life, name):
    """A ticket of which only the present status is known, and that is over, has no clock but the answer that it got."""
    over = not life.has_phase and not life.resolutions and life.phase.values[0] >= RESOLVED
    return not over or (name == "respond" and life.responded is not None)


# ---------------------------------------------------------------------------------------------------------------------
# 5. Figures
# ---------------------------------------------------------------------------------------------------------------------

HOURS = ("business", "calendar", "sla")
PROMISES = ("sla_response_compliance", "sla_resolution_compliance", "sla_compliance", "sla_breaches")
THREE_HOURS = ("first_response_time", "resolution_time", "mttr")
BY_PRIORITY = (*PROMISES, "first_response_time", "resolution_time", "tickets_created", "tickets_resolved")
MONTHLY = (
    *PROMISES,
    "first_response_time",
    "resolution_time",
    "tickets_created",
    "tickets_resolved",
    "tickets_closed",
    "backlog",
    "csat",
)
SHARES = (
    "sla_response_compliance", "sla_resolution_compliance", "sla_compliance", "patch_on_time_rate", "first_contact_resolution",
    "first_level_resolution", "reopen_rate", "csat_response_rate",
)  # fmt: skip
COUNTS = ("tickets_created", "tickets_resolved", "tickets_closed", "backlog")
DURATIONS = (
    "first_response_time",
    "resolution_time",
    "mttr",
    "time_to_escalate",
    "escalation_response_time",
    "alert_triage_time",
)
ANSWERED_BY_PEOPLE = (
    "first_response_time",
    "sla_response_compliance",
    "first_contact_resolution",
    "csat",
    "csat_response_rate",
)
PATCHES = ("patch", "patches", "patching", "patch deployment", "patch management", "updates")
ALL_KPIS = (
    *PROMISES, "patch_on_time_rate", "first_response_time", "resolution_time", "mttr", "update_interval", "time_to_escalate",
    "escalation_response_time", "time_in_hands", "time_to_resolution_median_km", "alert_triage_time", *COUNTS,
    "first_contact_resolution", "first_level_resolution", "reopen_rate", "csat", "csat_response_rate",
)  # fmt: skip


class Sums:
    """One cell: values of what counts, second values that stand beside some, and rows left out of either, by reason."""

    __slots__ = ("out", "out_over", "over", "values")

    def __init__(self):
        self.values, self.over, self.out, self.out_over = [], [], defaultdict(int), defaultdict(int)


class Figures:
    """Collects rows into cells named (kpi, hours, period, dimension, value)."""

    def __init__(self, told):
        period = told["period"]
        self.zone = ZoneInfo(period["time_zone"])
        self.whole = (int(period["from_s"]), int(period["to_s"]))
        self.edges = month_edges(*self.whole, self.zone)
        self.months = len(self.edges) > 2
        self.cells = defaultdict(Sums)
        self.as_of = int(told["as_of_s"])
        self.revisions = told["revisions"]
        self.lacking = lacking(told)
        self.source = None

    def add(self, kpi, at, values, reason, over=None, **dims):
        """A row: ``values`` by kind of hours ({None: value} without); ``over`` is a second value that stands beside it."""
        if not self.whole[0] <= at < self.whole[1]:
            return
        places = [("", None)]
        places += [(name, value) for name, value in dims.items()]
        for name, value in places:
            for hours, amount in values.items():
                self.cell((kpi, hours, "all", self.whole[0], name, value), amount, reason, over)
        if self.months and kpi in MONTHLY:
            begin = self.edges[bisect_right(self.edges, at) - 1]
            for hours, amount in values.items():
                self.cell((kpi, hours, "month", begin, "", None), amount, reason, over)

    def cell(self, key, amount, reason, over):
        if self.source in self.lacking.get(key[0], ()) and reason in (None, "alert", "bad_timestamp"):
            reason = "not_provided"
            if key[0] == "time_to_resolution_median_km":
                return
        sums = self.cells[key]
        if reason:
            sums.out[reason] += 1
            if over is not None:
                sums.out_over[reason] += 1
        else:
            sums.values.append(amount)
            if over is not None:
                sums.over.append(over)

    def merge(self, other):
        for key, sums in other.items():
            mine = self.cells[key]
            mine.values += sums[0]
            mine.over += sums[1]
            for total, more in ((mine.out, sums[2]), (mine.out_over, sums[3])):
                for reason, count in more.items():
                    total[reason] += count

    def plain(self):
        return {key: (sums.values, sums.over, dict(sums.out), dict(sums.out_over)) for key, sums in self.cells.items()}


def month_edges(first, last, zone):
    day = (datetime.fromtimestamp(first, zone) + timedelta(hours=2)).date().replace(day=1)
    edges = []
    while midnight(day, zone) < last:
        edges.append(midnight(day, zone))
        day = (day + timedelta(days=32)).replace(day=1)
    return [*edges, last]


def take(figures, life):
    """Every row that a ticket brings to the figures."""
    if not life.exists:
        return
    figures.source = life.ticket["source"] or None
    out = life.out
    people = out or ("alert" if life.is_alert else None)
    priority = life.priority
    figures.add("tickets_created", life.created, {None: 1}, out, priority=priority.values[-1])
    if life.responded:
        at, early = life.responded
        lengths = life.lengths(at)
        reason = people or ("bad_timestamp" if early else None)
        figures.add("first_response_time", at, lengths, reason, priority=priority.at(at))
    take_resolution(figures, life, out, people)
    closed = life.standing(life.closures)
    if closed:
        _, at, early = closed
        figures.add("tickets_closed", at, {None: 1}, out)
        figures.add("mttr", at, life.lengths(at), out or ("bad_timestamp" if early else None))
    for n, (place, at, early, _, to, sets) in enumerate(life.escalations):
        bad = out or ("bad_timestamp" if early else None)
        if n == 0:
            figures.add("time_to_escalate", at, {"business": life.lengths(at)["business"]}, bad)
        acted = first_act(life, place, to, sets)
        if acted is not None:
            figures.add(
                "escalation_response_time", at, {"business": life.open.passed(acted) - life.open.passed(at)}, bad
            )
    if life.is_alert:
        left = left_new(life)
        if left is not None:
            figures.add("alert_triage_time", left, {"business": life.lengths(left)["business"]}, out)
    take_standing(figures, life, out)
    take_promises(figures, life, out, people)


def take_resolution(figures, life, out, people):
    resolved = life.standing(life.resolutions)
    lived = None
    early = False
    if resolved:
        place, at, early = resolved
        bad = out or ("bad_timestamp" if early else None)
        lengths = life.lengths(at)
        figures.add("tickets_resolved", at, {None: 1}, out, priority=life.priority.at(at))
        figures.add("resolution_time", at, lengths, bad, priority=life.priority.at(at))
        figures.add("update_interval", at, {"business": life.silence(at)}, bad)
        hands = life.held(at)
        figures.add("time_in_hands", at, {"business": sum(b for _, b in hands.values())}, bad)
        for who, (calendar, business) in hands.items():
            if figures.whole[0] <= at < figures.whole[1]:
                for hours, amount in (("business", business), ("calendar", calendar)):
                    figures.cell(("time_in_hands", hours, "all", figures.whole[0], "holder", who), amount, bad, None)
        bare = not life.has_phase and (number(life.ticket["reopen_count"]) or 0) > 0
        before = [r for r in life.reopenings if r[0] < place]
        reopened = bool(before) or bare
        quickly = any(s - undone <= life.world.window for _, s, undone in before) if before else bare
        escalated = any(e[0] < place for e in life.escalations)
        moved = (
            sum(h[0] < place for h in life.handoffs)
            if life.has_team
            else number(life.ticket["reassignment_count"]) or 0
        )
        robot = life.world.knows_robots and life.ticket["opened_by"] == "automation"
        first = life.contacts[0][1] if robot and life.contacts else life.created
        second = any(p < place and s > first + life.world.gap for p, s in life.contacts)
        tier = life.world.teams.get(life.team.at(at), (None, None, None))[1]
        figures.add("reopen_rate", at, {None: int(reopened)}, out)
        figures.add("first_contact_resolution", at, {None: int(not (second or escalated or moved or quickly))}, people)
        figures.add("first_level_resolution", at, {None: int(tier == 1 and not escalated)}, out)
        lived = (lengths["calendar"], 1)
    elif life.now == CANCELLED:
        lived = (max(life.changes) - life.created, 0)
    elif life.now <= SCHEDULED:
        lived = (life.world.as_of - life.created, 0)
    if lived is not None and not out and not early:
        figures.add("time_to_resolution_median_km", life.created, {"calendar": lived}, None)


def first_act(life, place, to, sets):
    """The second of the first act by a technician of the receiving team or tier after an escalation."""
    teams = life.world.teams
    for second, _, e in life.moves[place + 1 :]:
        actor, team = life.actor(e, second), life.world.team_of(e[4], second)
        if e[2] in ("escalation", "team", "notification") or actor not in ("technician", "vendor"):
            continue
        if team is None or team not in teams:
            if actor == "technician":
                return second
            continue
        if actor == "vendor" and not life.world.knows_vendors:
            continue
        if not sets or team == to:
            return second
        tier, wanted = teams[team][1], teams.get(to, (None, None, None))[1]
        if tier is not None and tier == wanted:
            return second
    return None


def left_new(life):
    for second, phase in zip(life.phase.seconds, life.phase.values, strict=True):
        if phase != NEW:
            return second
    return None


def take_standing(figures, life, out):
    """The backlog: open just before the end of a period, or at the as-of second where that comes first."""
    spans = [("all", *figures.whole)]
    if figures.months:
        spans += [("month", a, b) for a, b in pairwise(figures.edges)]
    for grain, begin, end in spans:
        second = min(end - 1, figures.as_of)
        if begin <= figures.as_of and life.created <= second and life.phase.at(second) <= SCHEDULED:
            figures.cell(("backlog", None, grain, begin, "", None), 1, out, None)


def take_promises(figures, life, out, people):
    judged, verdict = clocks_of(life)
    for name, cycle, outcome, at in judged:
        if at is None:
            continue
        hit, priority = int(outcome == "met"), life.priority.at(at)
        reason = out or ("no_calendar" if outcome == "unknown" else None)
        if name == "respond":
            alert = "alert" if life.is_alert else None
            figures.add("sla_response_compliance", at, {None: hit}, reason or alert, priority=priority)
        if name == "resolve":
            figures.add("sla_resolution_compliance", at, {None: hit}, reason, priority=priority)
            words = ((life.category.at(at) or "").lower(), (life.ticket["subcategory"] or "").lower())
            if any(word in PATCHES for word in words):
                figures.add("patch_on_time_rate", at, {None: hit}, reason)
        if outcome == "breached":
            end = cycle.ended
            if end is None and figures.revisions["sla_breaches"] >= 2:
                end = life.world.as_of  # from revision 2 on, what is over so far counts
            over = None if end is None else life.open.passed(end) - life.open.passed(at)
            holder = life.world.holder(life.phase.at(at), life.team.at(at))
            figures.add("sla_breaches", at, {"business": 1}, out, over, priority=priority, clock=name, holder=holder)
    if verdict is not None:
        kept, at = verdict
        reason = out or ("no_calendar" if kept is None else None)
        figures.add("sla_compliance", at, {None: int(bool(kept))}, reason, priority=life.priority.at(at))


def take_surveys(figures, world, rows, lives):
    """Answers and questions; ``lives`` gives (out, is alert) of the tickets that surveys are about."""
    for r in rows:
        sent = micros(r["sent_at"]) // 1_000_000
        if r["kind"] != "csat" or sent > world.as_of:
            continue
        answered = micros(r["answered_at"]) // 1_000_000 if r["answered_at"] and r["score"] is not None else None
        if answered is not None and answered > world.as_of:
            answered = None
        out, alert = lives.get(r["ticket_id"], (None, False))
        reason = out or ("alert" if alert else None)
        figures.add("csat_response_rate", sent, {None: int(answered is not None)}, reason)
        if answered is not None:
            score, best = float(r["score"]), float(r["scale_max"] or 5)
            figures.add("csat", answered, {None: int(score >= 0.8 * best)}, reason, 5.0 * score / best)


def quantile(ordered, share):
    """Between order statistics, linearly (type 7)."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def half_life(pairs):
    """The Kaplan-Meier median: the first time at which no more than half is left; None where that is not reached."""
    ends, leaves = defaultdict(int), defaultdict(int)
    for lived, ended in pairs:
        leaves[lived] += 1
        ends[lived] += ended
    at_risk, left = len(pairs), 1.0
    for time in sorted(leaves):
        left *= (at_risk - ends[time]) / at_risk
        if left <= 0.5 + 1e-12:
            return float(time)
        at_risk -= leaves[time]
    return None


def reduced(kpi, sums):
    """(statistic, value, numerator, denominator, n) of a cell; ratios of sums, quantiles of the rows."""
    values, n = sums.values, len(sums.values)
    if kpi in SHARES or kpi == "csat":
        found = [("share", 100.0 * sum(values) / n if n else None, sum(values), n, n)]
        if kpi == "csat":
            total = sum(sums.over)
            found.append(("mean_score", total / n if n else None, total, n, n))
        return found
    if kpi in COUNTS:
        return [("count", n, n, None, n)]
    if kpi == "sla_breaches":
        over, m = sums.over, len(sums.over)
        mean = ("mean", sum(over) / m if m else None, float(sum(over)), m, m)
        return [("count", n, n, None, n), mean, ("p90", quantile(sorted(over), 0.9) if m else None, None, None, m)]
    if kpi == "time_to_resolution_median_km":
        return [("median", half_life(values) if n else None, None, None, n)]
    total, ordered = sum(values), sorted(values)
    found = [("mean", total / n if n else None, float(total), n, n)]
    ranks = {"update_interval": (("p90", 0.9),), "time_in_hands": ()}.get(kpi, (("median", 0.5), ("p90", 0.9)))
    return found + [(name, quantile(ordered, share) if n else None, None, None, n) for name, share in ranks]


def lacking(told):
    """The sources whose tickets do not provide what a KPI needs, by KPI; nothing where tickets come from one source."""
    by_source = told["provides"].get("by_source", ())
    return {
        kpi: frozenset(of["source"] for of in by_source if not provided(needs, of))
        for kpi, needs in told["needs"].items()
    }


def unavailable(definition, told):
    """Whether no source provides what a KPI needs."""
    needs, by_source = definition["needs"], told["provides"].get("by_source", ())
    return not provided(needs, told["provides"]) or (by_source and not any(provided(needs, of) for of in by_source))


def provided(needs, words):
    """Whether the events and columns that are named meet all of the needs."""
    events, columns = set(words["events"]), set(words["columns"])
    any_target = columns & {f"sla_targets.{c}" for c in ("respond", "plan", "update", "resolve")}
    met = {
        "first_responses": "reply" in events or columns & {"tickets.first_response_at", "tickets.opened_by"},
        "replies": "reply" in events,
        "resolutions": events & {"status", "resolved", "closed"} or columns & {"tickets.resolved_at", "tickets.closed_at"},
        "closures": events & {"status", "closed"} or "tickets.closed_at" in columns,
        "reopenings": events & {"status", "reopened"} or "tickets.reopen_count" in columns,
        "escalations": "escalation" in events or ("team" in events and "teams.tier" in columns),
        "tiers": "teams.tier" in columns, "csat": "surveys.csat" in columns, "sla_targets": any_target,
        "respond_targets": "sla_targets.respond" in columns, "resolve_targets": "sla_targets.resolve" in columns,
        "phase_history": "status" in events,
    }  # fmt: skip
    return all(met[need] for need in needs)


def expected(figures, told, definitions):
    """Every figure that the rows give, by its name: (value, numerator, denominator, n, excluded)."""
    found = {}
    meanings = {d["kpi"]: d for d in definitions}
    whole = figures.whole

    def put(kpi, hours, grain, begin, end, dims, key):
        sums = figures.cells.get(key) or Sums()
        future, nowhere = begin > figures.as_of, unavailable(meanings[kpi], told)
        for statistic, value, top, under, n in reduced(kpi, sums):
            unknown = n == 0 and "not_provided" in sums.out
            if future or unknown or nowhere:
                value, top, under, n = None, None, None, 0
            out = dict(sums.out_over if statistic in ("mean", "p90") and kpi == "sla_breaches" else sums.out)
            out = {} if nowhere else out  # what nobody tells is not counted out either
            name = (kpi, statistic, hours, begin, end, grain, dims)
            small = value is not None and n < meanings[kpi]["floor"]
            found[name] = (value, top, under, n, out, small)

    for kpi in ALL_KPIS:
        own = meanings[kpi]["hours"]
        for hours in dict.fromkeys((own, *(HOURS if kpi in THREE_HOURS else ()))):
            put(kpi, hours, "all", *whole, (), (kpi, hours, "all", whole[0], "", None))
        if figures.months and kpi in MONTHLY:
            for begin, end in pairwise(figures.edges):
                put(kpi, own, "month", begin, end, (), (kpi, own, "month", begin, "", None))
    for key in list(figures.cells):
        kpi, hours, grain, begin, name, value = key
        wanted = (name == "priority" and kpi in BY_PRIORITY and hours == meanings[kpi]["hours"]) or (
            name == "holder" and kpi in ("time_in_hands", "sla_breaches")) or (name == "clock" and kpi == "sla_breaches")  # fmt: skip
        if grain == "all" and wanted:
            put(kpi, hours, grain, *whole, ((name, value),), key)
    return found


def near(one, other):
    if one is None or other is None:
        return one is other
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(other, (int, float)):
        return False
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def compare_figures(say, answers, wanted, told):
    seen = set()
    as_of = int(told["as_of_s"])
    for number_, figure in enumerate(answers):
        try:
            begin, end = (int(datetime.fromisoformat(figure[x]).timestamp()) for x in ("from", "to"))
            dims = tuple(figure["dimensions"].items())
            name = (figure["kpi"], figure["statistic"], figure["hours"], begin, end, figure["grain"], dims)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            say(f"answers.json, figure {number_}", f"cannot be read ({why(error)})")
            continue
        label = f"answers.json, figure {number_} ({figure['kpi']} {figure['statistic']} {figure['from'][:10]} {dict(dims) or ''})"
        if name in seen:
            say(label, "stands there twice")
        seen.add(name)
        if name not in wanted:
            say(label, "is no figure that the rows give")
            continue
        value, top, under, n, out, small = wanted[name]
        for field, mine in (("value", value), ("numerator", top), ("denominator", under), ("n", n)):
            if not near(mine, figure.get(field)):
                say(label, f"{field} is {figure.get(field)}, the rows give {mine}")
        if dict(figure.get("excluded") or {}) != out:
            say(label, f"left out are {figure.get('excluded')}, the rows give {out}")
        if (figure.get("reason") is None) != (value is not None):
            say(label, "has a reason and a value, or neither")
        if figure.get("partial") is not (end > as_of) or figure.get("small_n") is not small:
            say(label, "is marked partial or small in another way than the rows say")
    for name in wanted:
        if name not in seen:
            say(
                "answers.json",
                f"{name[0]} {name[1]} {dict(name[6]) or ''} is left out; the rows give {wanted[name][0]}",
            )


# ---------------------------------------------------------------------------------------------------------------------
# 6. Reading rows, in order, as a stream
# ---------------------------------------------------------------------------------------------------------------------


class Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces):
        self.pieces, self.rest = iter(pieces), b""

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self.rest:
            try:
                self.rest = next(self.pieces)
            except StopIteration:
                return 0
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


def rows_of(statement, table):
    """The rows of a table as dictionaries; an empty cell is None."""
    text = io.TextIOWrapper(
        io.BufferedReader(Pieces(statement.content(f"rows/{table}.csv")), 1 << 20), "utf-8", newline=""
    )
    reader = csv.reader(text)
    header = next(reader)
    for row in reader:
        yield dict(zip(header, [cell or None for cell in row], strict=True))


def events_of(statement):
    """Events as (ticket, tuple), in the order of the file."""
    text = io.TextIOWrapper(
        io.BufferedReader(Pieces(statement.content("rows/ticket_events.csv")), 1 << 20), "utf-8", newline=""
    )
    reader = csv.reader(text)
    header = next(reader)
    names = (
        "event_id",
        "ticket_id",
        "occurred_at",
        "kind",
        "actor_kind",
        "actor_id",
        "from_value",
        "to_value",
        "is_public",
    )
    if header != list(names):
        raise ValueError("rows/ticket_events.csv has other columns than the format says")
    for i, ticket, at, kind, actor_kind, actor, before, to, public in reader:
        yield ticket, (at, i, kind, actor_kind or None, actor or None, before or None, to or None, public != "false")


def batches(statement, size):
    """Lists of (ticket, its events): both files are sorted by ticket."""
    events = events_of(statement)
    ahead = next(events, None)
    batch, last = [], None
    for ticket in rows_of(statement, "tickets"):
        own_id = ticket["ticket_id"]
        if last is not None and own_id <= last:
            raise ValueError(f"rows/tickets.csv: {own_id} does not stand in order")
        last, own = own_id, []
        while ahead is not None and ahead[0] == own_id:
            own.append(ahead[1])
            ahead = next(events, None)
        batch.append((ticket, own))
        if len(batch) == size:
            yield batch
            batch = []
    if ahead is not None:
        raise ValueError(f"rows/ticket_events.csv: an event of {ahead[0]} has no ticket, or does not stand in order")
    yield batch


WORKER = {}


def prepare(told, tables, surveyed):
    WORKER.update(told=told, world=World(told, tables), surveyed=surveyed)


def work(batch):
    """The figures of some tickets, what surveys want to know of them, and the counts of completeness."""
    told, world = WORKER["told"], WORKER["world"]
    figures, lives = Figures(told), {}
    counts = {"created": defaultdict(int), "excluded": defaultdict(int), "events": 0, "tickets": 0}
    first, last = figures.whole
    for ticket, raw in batch:
        life = Life(world, ticket, [(micros(e[0]), *e[1:]) for e in raw])
        take(figures, life)
        if ticket["ticket_id"] in WORKER["surveyed"] and life.exists:
            lives[ticket["ticket_id"]] = (life.out, life.is_alert)
        if life.exists and first <= life.created < last:
            counts["created"][ticket["source"] or ""] += 1
            if life.out:
                counts["excluded"][life.out] += 1
        later = sum(e[0] // 1_000_000 >= last for e in life.events)
        counts["events"] += later
        counts["tickets"] += later > 0
    return figures.plain(), lives, {k: dict(v) if isinstance(v, dict) else v for k, v in counts.items()}


SMALL = (
    "clients", "teams", "technicians", "ticket_statuses", "calendars", "calendar_exceptions", "sla_policies", "sla_targets",
    "agreements", "surveys",
)  # fmt: skip
MEMBERSHIPS = "team_memberships"  # statements of earlier versions have none


def recompute(statement, told, definitions, processes):
    """(expected figures, counts of completeness)."""
    told = told | {
        "revisions": {d["kpi"]: d["revision"] for d in definitions},
        "needs": {d["kpi"]: d["needs"] for d in definitions},
    }
    tables = {name: list(rows_of(statement, name)) for name in SMALL}
    tables["team_memberships"] = (
        list(rows_of(statement, MEMBERSHIPS)) if f"rows/{MEMBERSHIPS}.csv" in statement.entries else []
    )
    surveyed = {r["ticket_id"] for r in tables["surveys"]} - {None}
    figures, lives = Figures(told), {}
    counts = {"created": defaultdict(int), "excluded": defaultdict(int), "events": 0, "tickets": 0}

    def keep(result):
        cells, known, counted = result
        figures.merge(cells)
        lives.update(known)
        for name in ("created", "excluded"):
            for key, value in counted[name].items():
                counts[name][key] += value
        counts["events"] += counted["events"]
        counts["tickets"] += counted["tickets"]

    if processes > 1:
        with Pool(processes, prepare, (told, tables, surveyed)) as pool:
            for result in pool.imap(work, batches(statement, 2000)):
                keep(result)
    else:
        prepare(told, tables, surveyed)
        for batch in batches(statement, 2000):
            keep(work(batch))
    take_surveys(figures, World(told, tables), tables["surveys"], lives)
    return expected(figures, told, definitions), counts


# ---------------------------------------------------------------------------------------------------------------------
# 7. The page
# ---------------------------------------------------------------------------------------------------------------------


class Shown(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        number_ = dict(attrs).get("data-figure")
        if number_ is not None:
            self.inside = True
            self.found.append([number_, ""])

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.found[-1][1] += data


def rounded(value, digits, marks):
    text = f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP):,f}"
    return "".join({",": marks["group"], ".": marks["decimal"]}.get(c, c) for c in text)


def spelled(value, unit, marks):
    if value is None:
        return "–"
    if unit == "s":
        seconds = int(Decimal(repr(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        if seconds < 60:
            return f"{seconds} s"
        hours, minutes = divmod((seconds + 30) // 60, 60)
        return f"{rounded(hours, 0, marks)} h {minutes:02d} min" if hours else f"{minutes} min"
    if unit == "percent":
        return rounded(value, 1, marks) + " %"
    return rounded(value, 0 if unit == "count" else 2, marks)


def check_page(say, text, answers, marks):
    page = Shown()
    page.feed(text)
    for number_, there in page.found:
        if not number_.isdigit() or int(number_) >= len(answers):
            say(f"statement.html, figure {number_}", "is no figure of the statement")
            continue
        figure = answers[int(number_)]
        right = spelled(figure["value"], figure["unit"], marks)
        if there != right:
            say(f"statement.html, figure {number_}", f"shows '{there}', the statement says '{right}' ({figure['kpi']})")
    if not page.found:
        say("statement.html", "shows no figure")


# ---------------------------------------------------------------------------------------------------------------------


def verify(path, processes=1):
    """(findings, fingerprint of the key, number of figures recomputed)."""
    statement = Statement(path)
    say = statement.say
    try:
        key = statement.check()
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # an altered seal may hold anything
        say(SEAL, f"cannot be read ({why(error)})")
        return statement.findings, None, 0
    words = {}
    for name in ("statement.json", "answers.json", "definitions.json", "completeness.json", "changes.json"):
        try:
            words[name] = json.loads(statement.whole(name))
        except (ValueError, KeyError) as error:
            say(name, f"cannot be read ({why(error)})")
            return statement.findings, key, 0
    told, answers = words["statement.json"], words["answers.json"]
    count = 0
    try:
        wanted, counts = recompute(statement, told, words["definitions.json"], processes)
        count = len(wanted)
        compare_figures(say, answers, wanted, told)
        complete = words["completeness.json"]
        for name, mine in (
            ("created_in_period", dict(counts["created"])), ("excluded", dict(counts["excluded"])),
            ("after_the_period", {"events": counts["events"], "tickets": counts["tickets"]}),
        ):  # fmt: skip
            if complete.get(name) != mine:
                say(f"completeness.json, {name}", f"is {complete.get(name)}, the rows give {mine}")
    except Exception as error:  # altered rows may hold anything
        say("figures", f"cannot be recomputed ({why(error)})")
    try:
        check_page(say, statement.whole("statement.html").decode(), answers, told["number_marks"])
    except Exception as error:
        say("statement.html", f"cannot be read ({why(error)})")
    return statement.findings, key, count


def main():
    parser = argparse.ArgumentParser(description="Verify a Pacesetter statement with nothing but the file.")
    parser.add_argument("statement")
    parser.add_argument("--key", help="fingerprint of the key that you trust (64 hex digits)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--processes", type=int, default=1, help="recompute figures in so many processes")
    arguments = parser.parse_args()
    try:
        findings, key, count = verify(arguments.statement, arguments.processes)
    except OSError as error:
        print(f"{arguments.statement}: cannot be read ({error.strerror})", file=sys.stderr)
        return 2
    wanted = "".join((arguments.key or "").split()).replace(":", "").lower()
    if wanted and wanted != key:
        findings.append(f"{SIGNATURE}: signed by another key than the one that you trust")
    if arguments.json:
        print(
            json.dumps(
                {"holds": not findings, "key": key, "figures": count, "findings": findings},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        for line in findings:
            print(f"✗ {line}")
        if not findings:
            print(f"✓ every byte is as it was sealed, and the rows give all {count:,} figures")
        print(f"{'✓ signed by the key that you trust' if wanted and wanted == key else '! signed by the key'} {key}"
              + ("" if wanted else ", which you have not been told to trust (--key)"))  # fmt: skip
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
