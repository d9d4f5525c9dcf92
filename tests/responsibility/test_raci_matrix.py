"""The rules of the matrix, each broken by hand, and which task a ticket is."""

import pytest

from pacesetter.model.raci import FOREVER, Assignment, Kind, Matrix, Role, Task
from pacesetter.responsibility.sample import sample_matrix

ANY = Kind(None, None, None, None, None)
TICKET = Kind("acme", "incident", "access", "reset", "P2")
DESK = Role(role_id="desk", name="Desk", team_id="desk")
LEAD = Role(role_id="lead", name="Lead", technician_id="ann", from_s=100, to_s=200)


def matrix(*assignments: Assignment, tasks: tuple[Task, ...] = (Task(task_id="t", name="T", kind=ANY),)) -> Matrix:
    return Matrix(tasks, (DESK, LEAD), assignments)


def given(role: str, letter: str, **span: int) -> Assignment:
    return Assignment(task_id="t", role_id=role, letter=letter, **span)


@pytest.mark.parametrize(
    ("fields", "winner"),
    [
        ([{"category": "access"}, {"category": "access", "subcategory": "reset"}], 1),
        ([{"client_id": "acme", "category": "access"}, {"category": "access", "subcategory": "reset"}], 0),
        ([{"category": "access"}, {"client_id": "acme"}], 1),
        ([{"type": "incident"}, {"priority": "P2"}, {"client_id": "other", "category": "access"}], 0),
        ([{}, {"category": "network"}], 0),
        ([{"category": "network"}], None),
    ],
)
def test_the_most_specific_row_wins(fields: list[dict[str, str]], winner: int | None) -> None:
    tasks = [Task(task_id=f"t{n}", name="", kind=ANY._replace(**f)) for n, f in enumerate(fields)]
    for order in (tasks, tasks[::-1]):
        found = Matrix(order, (), ()).task_of(TICKET, 0)
        assert (found and found.task_id) == (None if winner is None else f"t{winner}")


def test_a_task_holds_from_its_first_second_until_before_its_last() -> None:
    kept = matrix(tasks=(Task(task_id="t", name="T", kind=ANY, from_s=10, to_s=20),))
    assert [kept.task_of(TICKET, at) is not None for at in (9, 10, 19, 20)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("assignments", "at_s", "rules"),
    [
        ((given("desk", "R"), given("lead", "A")), 150, []),
        ((given("desk", "R"), given("desk", "A")), 0, []),
        ((given("desk", "R"),), 150, ["accountable"]),
        ((given("lead", "A"),), 150, ["responsible"]),
        ((given("desk", "R"), given("desk", "A"), given("lead", "A")), 150, ["accountable"]),
        ((given("desk", "R"), given("lead", "A")), 99, ["filled"]),
        ((given("desk", "R"), given("lead", "A")), 200, ["filled"]),
        ((given("desk", "R"), given("lead", "A", to_s=120)), 120, ["accountable"]),
        ((), 0, ["accountable", "responsible"]),
    ],
)
def test_faults(assignments: tuple[Assignment, ...], at_s: int, rules: list[str]) -> None:
    assert [f.rule for f in matrix(*assignments).faults("t", at_s)] == rules


def test_spans_cover_all_time_and_change_where_the_row_does() -> None:
    kept = matrix(given("desk", "R"), given("lead", "A"))
    found = [(s.from_s, s.to_s, s.is_valid, s.accountable) for s in kept.spans(TICKET)]
    assert found == [(-FOREVER, 100, False, "lead"), (100, 200, True, "lead"), (200, FOREVER, False, "lead")]


def test_the_sample_is_that_of_the_catalogue() -> None:
    sample = sample_matrix()
    rows = {
        t.name: {letter: [sample.roles[a.role_id].name for a in sample.letters(i, 0) if a.letter == letter] for letter in "RACI"}
        for i, t in sample.tasks.items()
    }  # fmt: skip
    assert rows == {
        "Password reset": {"R": ["MSP help desk tier 1"], "A": ["Internal IT manager"], "C": ["Department head"], "I": ["End user"]},
        "Patch deployment": {"R": ["MSP engineer"], "A": ["Internal IT manager"], "C": ["Software vendor"], "I": ["End user"]},
        "Security alert triage": {"R": ["MSP SOC"], "A": ["MSP SOC manager"], "C": ["Internal IT team"], "I": ["Executive team"]},
    }  # fmt: skip
    assert {f.rule for i in sample.tasks for f in sample.faults(i, 0)} == {"filled"}
