"""A workspace with awkward tickets, calendars and policies, a statement of it, and ways to alter a statement."""

import csv
import gzip
import importlib.util
import json
import random
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pacesetter.access.scope import operator_scope
from pacesetter.responsibility.statements import format as f
from pacesetter.responsibility.statements.container import DEFLATED, STORED, Entry, Reader, Writer
from pacesetter.responsibility.statements.issue import Issued, Order, issue
from pacesetter.responsibility.statements.seal import SealedWriter
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from oracle.bundles import Plan, write_bundle, write_table  # noqa: E402

CALENDARS = (
    ("office", "Europe/Berlin", "mon-fri 08:00-18:00", "DE"),
    ("lunch", "America/New_York", "mon-fri 09:00-12:00, 13:00-17:00; sat 10:00-12:00", None),
    ("night", "Australia/Lord_Howe", "mon-sat 22:00-06:00", None),
    ("always", "Asia/Kathmandu", "24x7", None),
)


def independent() -> ModuleType:
    """The verifier in ``tools/``, loaded as the plain file that it is."""
    spec = importlib.util.spec_from_file_location("verify_statement", ROOT / "tools" / "verify_statement.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table of a bundle."""
    path = folder / f"{table}.csv"
    with (
        path.open(encoding="utf-8", newline="") if path.exists() else gzip.open(f"{path}.gz", "rt", newline="") as file
    ):
        return [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]


def awkward_bundle(folder: Path, seed: int) -> Plan:
    """A generated bundle with calendars, and policies of every kind for each client."""
    draw = random.Random(seed)
    plan = write_bundle(folder, seed)
    clients = [row["client_id"] for row in rows(folder, "clients")]
    priorities = sorted({row.get("priority") for row in rows(folder, "tickets")} - {None}, key=str)
    names = ("calendar_id", "time_zone", "hours", "holidays")
    write_table(folder, "calendars", [dict(zip(names, c, strict=True)) | {"name": c[0]} for c in CALENDARS])
    write_table(folder, "calendar_exceptions",
                [{"calendar_id": "office", "day": plan.special, "hours": "08:00-12:00", "name": 'half, "early"'}])  # fmt: skip
    policies, targets = [], []
    for number, client in enumerate([*clients, None]):
        for version, (since, until) in enumerate(((None, plan.special), (plan.special, None))):
            policy = f"p{number}-{version}"
            policies.append({
                "sla_policy_id": policy, "name": policy, "calendar_id": draw.choice([*(c[0] for c in CALENDARS), None]),
                "client_id": client, "rank": draw.choice([1, 5, None]), "valid_from": since, "valid_to": until,
                "on_reopen": draw.choice([None, "resume", "restart"]),
                "on_priority_change": draw.choice([None, "retarget", "keep", "restart"]),
            })  # fmt: skip
            for clock in ("respond", "plan", "update", "resolve"):
                own = {
                    (draw.choice([*priorities, None]), draw.choice([None, "incident", "alert"]))
                    for _ in range(draw.randint(0, 4))
                }
                targets += [
                    {"sla_policy_id": policy, "clock": clock, "target_minutes": draw.choice([0, 1, 60, 480, 2400, 61.5]),
                     "hours": draw.choice(["business", "business", "calendar"]), "priority": p, "type": t}
                    for p, t in sorted(own, key=str)
                ]  # fmt: skip
    write_table(folder, "sla_policies", policies)
    write_table(folder, "sla_targets", targets)
    return plan


def loaded(folder: Path, seed: int, as_of: int | None = None) -> tuple[Workspace, Plan]:
    """A workspace with an awkward bundle."""
    plan = awkward_bundle(folder / "bundle", seed)
    ws = Workspace.create(folder / "workspace", Settings(time_zone=plan.zone, calendar="office", name="A desk"))
    import_bundle(ws, folder / "bundle", as_of=datetime.fromtimestamp(as_of or plan.end + 86_400, UTC))
    return ws, plan


def clients(ws: Workspace) -> list[str]:
    """Client ids, the one with the most tickets first."""
    with ws.reader() as con:
        query = "SELECT client_id FROM tickets GROUP BY client_id ORDER BY count(*) DESC, client_id"
        return [row[0] for row in con.execute(query).fetchall()]


def issued(ws: Workspace, client: str, period: str, out: Path, **more: Any) -> Issued:
    """A statement."""
    return issue(ws, operator_scope(), Order(client_id=client, period=period, out=out, **more))


class Opened:
    """A statement taken apart: names, packed bytes, content; put together again in any way."""

    def __init__(self, path: Path) -> None:
        reader = Reader(path)
        self.entries = list(reader.entries)
        self.packed = {e.name: b"".join(reader.packed(e)) for e in self.entries}
        self.content = {e.name: b"".join(reader.content(e)) for e in self.entries}
        reader.close()

    @property
    def names(self) -> list[str]:
        return [e.name for e in self.entries]

    def lines(self, name: str) -> list[bytes]:
        return self.content[name].splitlines(keepends=True)

    def write(self, path: Path, contents: list[tuple[str, bytes]] | None = None) -> Path:
        """A container of these contents in the one spelling, whatever the seal in it says."""
        with path.open("w+b") as out:
            writer = Writer(out)
            for name, data in contents if contents is not None else list(self.content.items()):
                writer.add(name, [data], STORED if name in (f.SEAL, f.SIGNATURE) else DEFLATED)
            writer.close()
        return path

    def resealed(self, path: Path, key: Ed25519PrivateKey | None) -> Path:
        """Everything hashed and signed again, by ``key``, or with the old signature where there is none."""
        with path.open("w+b") as out:
            sealed = SealedWriter(Writer(out))
            for name in [n for n in self.names if not n.startswith("seal/")]:
                if name.startswith(f.ROWS):
                    sealed.add_rows(name, [self.content[name]])
                else:
                    sealed.add(name, self.content[name])
            sealed.close(key or Ed25519PrivateKey.generate())
        if key is None:
            again = Opened(path)
            again.content[f.SIGNATURE] = self.content[f.SIGNATURE]
            again.write(path)
        return path

    def json(self, name: str) -> Any:
        return json.loads(self.content[name])


def repacked(entry: Entry, content: bytes) -> bytes:
    """The same content packed in another way."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()
