"""The sample matrix that ships with the program.

Owns the reading of ``sample.toml``. Its roles are filled by nobody until a workspace says by whom.
"""

import tomllib
from importlib.resources import files

from pacesetter.model.raci import LETTERS, Assignment, Kind, Matrix, Role, Task


def sample_matrix() -> Matrix:
    """The three tasks of the sample with their roles."""
    given = tomllib.loads(files(__package__).joinpath("sample.toml").read_text("utf-8"))
    tasks, held = [], []
    for task_id, row in given["tasks"].items():
        kind = Kind(None, row.get("type"), row.get("category"), row.get("subcategory"), row.get("priority"))
        tasks.append(Task(task_id=task_id, name=row["name"], kind=kind))
        within = round(row["inform_within_minutes"] * 60)
        held += [
            Assignment(task_id=task_id, role_id=role, letter=letter, within_s=within if letter == "I" else None)
            for letter in LETTERS
            for role in row.get(letter, ())
        ]
    return Matrix(tasks, [Role(role_id=i, name=name) for i, name in given["roles"].items()], held)
