"""The state database: migrations, addresses, several processes at once; on SQLite and on PostgreSQL alike."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, select, text
from tests.postgresql import Server

from pacesetter.access.people import Grants, add_person, person_named
from pacesetter.access.scope import Scope, client_scope, operator_scope
from pacesetter.access.store import Store
from pacesetter.access.tables import Base, Person
from pacesetter.errors import BadDefinition, BadWorkspace


def test_the_migrations_lead_to_the_tables_that_the_code_has(store: Store) -> None:
    with store.engine.connect() as con:
        assert compare_metadata(MigrationContext.configure(con), Base.metadata) == []


def address(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def test_a_second_opening_changes_nothing(store: Store, tmp_path: Path) -> None:
    with store.work() as work:
        add_person(work, "ada@example.org", "Ada", Grants(role="finance"), by="test")
    again = Store.open(tmp_path, address(store))
    with again.work() as work:
        assert work.scalar(select(Person.email)) == "ada@example.org"
    again.close()


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    Store.open(tmp_path, f"sqlite:///{tmp_path}/state.sqlite").close()
    assert (tmp_path / "state.sqlite").stat().st_mode & 0o077 == 0


def test_a_newer_database_is_left_alone(store: Store, tmp_path: Path) -> None:
    with store.engine.begin() as con:
        con.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadWorkspace, match="newer version"):
        Store.open(tmp_path, address(store))


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", "://"])
def test_an_address_that_means_nothing_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadDefinition, match="PACESETTER_STATE_URL"):
        Store.open(tmp_path, url)


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(BadWorkspace) as refused:
        Store.open(tmp_path, f"sqlite:////{tmp_path}/nowhere/state.sqlite")
    assert "does not answer" in refused.value.line()


def start_at_once(folder: Path, url: str) -> None:
    code = f"from pathlib import Path; from pacesetter.access.store import Store; Store.open(Path({str(folder)!r}), {url!r})"
    running = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(3)]
    for one in running:
        _, errors = one.communicate(timeout=60)
        assert one.returncode == 0, errors.decode()[-500:]


def test_several_processes_may_start_at_once(tmp_path: Path, postgresql: Server) -> None:
    for url in (f"sqlite:///{tmp_path}/state.sqlite", postgresql.empty()):
        start_at_once(tmp_path, url)
        store = Store.open(tmp_path, url)
        with store.engine.connect() as con:
            assert con.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
            assert con.execute(text("SELECT count(*) FROM people")).scalar() == 0
        store.close()


def test_a_database_of_the_first_release_is_brought_up_to_date_and_keeps_its_people(
    tmp_path: Path, postgresql: Server
) -> None:
    for url in (f"sqlite:///{tmp_path}/old.sqlite", postgresql.empty()):
        migrate_to(url, "0001")
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as con:
            con.execute(
                text("INSERT INTO people (id, email, name, failures, created_at) VALUES (1, :e, 'Ada', 0, :at)"),
                {"e": "ada@example.org", "at": datetime(2026, 1, 1)},
            )
        engine.dispose()
        store = Store.open(tmp_path, url)
        with store.work() as work:
            person = person_named(work, "ada@example.org")
            assert person.language is None
        with store.engine.connect() as con:
            assert compare_metadata(MigrationContext.configure(con), Base.metadata) == []
        store.close()


def migrate_to(url: str, revision: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    config = Config()
    config.set_main_option("script_location", str(files("pacesetter.access").joinpath("migrations")))
    with engine.begin() as con:
        config.attributes["connection"] = con
        command.upgrade(config, revision)
    engine.dispose()


def test_instants_come_back_aware_and_in_utc(store: Store) -> None:
    tokyo = datetime(2026, 1, 1, 9, 0, tzinfo=timezone(timedelta(hours=9)))
    with store.work() as work:
        work.add(Person(email="x", name="x", failures=0, created_at=tokyo))
    with store.work() as work:
        found = work.scalar(select(Person.created_at))
    assert found == tokyo and found is not None and found.tzinfo is UTC


def test_a_scope_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError):
        Scope(who="me", clients=None, seal=object())
    assert operator_scope().is_whole
    assert not client_scope("me", frozenset({"a"})).permissions
