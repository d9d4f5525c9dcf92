"""The state database: migrations, addresses, several processes at once, and PostgreSQL where there is one."""

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

from pacesetter.access.people import Grants, add_person, choose_password
from pacesetter.access.scope import Scope, client_scope, operator_scope
from pacesetter.access.signing_in import session_of, sign_in
from pacesetter.access.store import Store
from pacesetter.access.tables import Base, Person
from pacesetter.errors import BadDefinition, BadWorkspace

POSTGRESQL = os.environ.get("PACESETTER_TEST_POSTGRESQL")


def test_the_migrations_lead_to_the_tables_that_the_code_has(store: Store) -> None:
    with store.engine.connect() as con:
        assert compare_metadata(MigrationContext.configure(con), Base.metadata) == []


def test_a_second_opening_changes_nothing(store: Store, tmp_path: Path) -> None:
    with store.work() as work:
        add_person(work, "ada@example.org", "Ada", Grants(role="finance"), by="test")
    again = Store.open(tmp_path)
    with again.work() as work:
        assert work.scalar(select(Person.email)) == "ada@example.org"
    again.close()


def test_the_file_is_for_its_owner_only(store: Store, tmp_path: Path) -> None:
    assert (tmp_path / "state.sqlite").stat().st_mode & 0o077 == 0


def test_a_newer_database_is_left_alone(store: Store, tmp_path: Path) -> None:
    with store.engine.begin() as con:
        con.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadWorkspace, match="newer version"):
        Store.open(tmp_path)


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", "://"])
def test_an_address_that_means_nothing_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadDefinition, match="PACESETTER_STATE_URL"):
        Store.open(tmp_path, url)


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(BadWorkspace) as refused:
        Store.open(tmp_path, f"sqlite:////{tmp_path}/nowhere/state.sqlite")
    assert "does not answer" in refused.value.line()


def test_several_processes_may_start_at_once(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from pacesetter.access.store import Store; Store.open(Path({str(tmp_path)!r}))"
    running = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(4)]
    for one in running:
        _, errors = one.communicate(timeout=60)
        assert one.returncode == 0, errors.decode()[-500:]
    with sqlite3.connect(tmp_path / "state.sqlite") as con:
        assert con.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


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


@pytest.mark.skipif(not POSTGRESQL, reason="PACESETTER_TEST_POSTGRESQL names no database")
def test_postgresql_holds_the_same_state(tmp_path: Path) -> None:
    store = Store.open(tmp_path, POSTGRESQL)
    try:
        with store.engine.connect() as con:
            assert compare_metadata(MigrationContext.configure(con), Base.metadata) == []
        with store.work() as work:
            _, secret = add_person(work, "ada@example.org", "Ada", Grants(role="finance"), by="test")
            choose_password(work, secret, "correct horse battery")
        opened = sign_in(store, "ada@example.org", "correct horse battery", address="10.0.0.1", browser="test")
        with store.work() as work:
            found = session_of(work, opened)
            assert found is not None and found.standing.role.id == "finance"
    finally:
        Base.metadata.drop_all(store.engine)
        with store.engine.begin() as con:
            con.execute(text("DROP TABLE IF EXISTS alembic_version"))
        store.close()
