"""What a scope may ask: permissions by family, names, reach; and that nothing of another client comes out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pacesetter.access.roles import ROLES, Permission
from pacesetter.access.scope import Scope, client_scope, operator_scope, scope_of
from pacesetter.catalogue import guard, registry
from pacesetter.catalogue.desk import open_desk
from pacesetter.engine.dialect import DIALECT
from pacesetter.errors import Forbidden
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

TICKETS = """ticket_id,client_id,created_at,type,priority,team_id,technician_id,first_response_at,resolved_at
A-1,acme,2026-09-01T08:00:00Z,incident,high,desk,t-ann,2026-09-01T08:10:00Z,2026-09-01T10:00:00Z
A-2,acme,2026-09-02T08:00:00Z,request,low,second,t-bob,2026-09-02T08:10:00Z,2026-09-02T10:00:00Z
B-1,canary-client,2026-09-03T08:00:00Z,incident,canary-priority,desk,t-ann,2026-09-03T08:10:00Z,2026-09-03T10:00:00Z
"""


@pytest.fixture(scope="module")
def desk_space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("guard")
    bundle = folder / "bundle"
    bundle.mkdir()
    (bundle / "clients.csv").write_text("client_id,name\nacme,Acme\ncanary-client,Canary\n")
    (bundle / "teams.csv").write_text("team_id,name,organisation,tier\ndesk,Desk,msp,1\nsecond,Second,msp,2\n")
    (bundle / "technicians.csv").write_text("technician_id,name,team_id\nt-ann,Ann,desk\nt-bob,Bob,second\n")
    (bundle / "tickets.csv").write_text(TICKETS)
    ws = Workspace.create(folder / "ws", Settings(name="guard"))
    import_bundle(ws, bundle)
    yield ws


def values(ws: Workspace, scope: Scope, by: str, where: tuple[str, ...] = ()) -> set[object]:
    with open_desk(ws, scope) as desk:
        answers = desk.ask(["tickets_created"], desk.query(by=[by], where=where))
    return {a.dimensions[by] for a in answers}


ACME = frozenset({"acme"})


def test_a_client_sees_its_own_rows_only(desk_space: Workspace) -> None:
    assert values(desk_space, operator_scope(), "client") == {"acme", "canary-client"}
    assert values(desk_space, client_scope("c", ACME), "client") == {"acme"}
    assert values(desk_space, client_scope("c", ACME), "priority") == {"high", "low"}
    assert values(desk_space, client_scope("c", frozenset()), "client") == set()


def test_refusals_are_alike_for_clients_that_exist_and_that_do_not(desk_space: Workspace) -> None:
    lines = set()
    for asked in ("client=canary-client", "client=there-is-none", "client="):
        with pytest.raises(Forbidden) as refused:
            values(desk_space, client_scope("c", ACME), "priority", (asked,))
        lines.add(refused.value.line())
    assert len(lines) == 1 and "canary" not in lines.pop()


def test_names_of_technicians_need_a_permission(desk_space: Workspace) -> None:
    for where in ((), ("technician=t-ann",)):
        with pytest.raises(Forbidden, match="'names'"):
            values(desk_space, client_scope("c", ACME), "priority" if where else "technician", where)
    with_names = client_scope("c", ACME, frozenset({Permission.NAMES}))
    assert values(desk_space, with_names, "technician") == {"t-ann", "t-bob"}


def test_rows_come_without_technicians_for_those_who_may_not_see_them(desk_space: Workspace) -> None:
    for scope, shown in ((client_scope("c", ACME), False), (operator_scope(), True)):
        with open_desk(desk_space, scope) as desk:
            found = desk.drill("tickets_resolved", desk.query(), "numerator")
            rows = desk.evaluator.con.execute(found.tree.sql(dialect=DIALECT)).fetchall()
        assert ("technician" in found.columns) is shown
        assert ("t-ann" in repr(rows)) is shown
        assert ("B-1" in repr(rows)) is shown
        assert all(len(row) == len(found.columns) for row in rows)


def test_a_technician_sees_their_own_and_a_team_lead_their_teams(desk_space: Workspace) -> None:
    ann = scope_of("ann", frozenset({Permission.NAMES}), technicians=frozenset({"t-ann"}))
    assert values(desk_space, ann, "technician") == {"t-ann"}
    with pytest.raises(Forbidden):
        values(desk_space, ann, "priority", ("technician=t-bob",))
    lead = scope_of("lead", frozenset({Permission.NAMES}), teams=frozenset({"second"}))
    assert values(desk_space, lead, "team") == {"second"}
    both = scope_of("both", frozenset(), teams=frozenset({"desk"}), clients=ACME)
    assert values(desk_space, both, "client") == {"acme"}


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda r: r.id)
def test_every_kpi_is_offered_exactly_where_it_may_be_asked(desk_space: Workspace, role: object) -> None:
    scope = scope_of("x", role.permissions)  # type: ignore[attr-defined]
    with open_desk(desk_space, scope) as desk:
        offered = set(desk.kpis())
        for kpi_id, kpi in registry.catalogue().items():
            lacking = guard.permissions_of(kpi) - scope.permissions
            assert (kpi_id in offered) is not bool(lacking)
            if lacking:
                with pytest.raises(Forbidden, match="needs the permission"):
                    desk.ask([kpi_id], desk.query())


def test_families_of_people_and_money_need_their_permission() -> None:
    for kpi in registry.catalogue().values():
        needed = guard.permissions_of(kpi)
        assert (Permission.PEOPLE in needed) is (kpi.family == "F")
        if kpi.family in "GH" or kpi.unit == "currency":
            assert Permission.MONEY in needed
