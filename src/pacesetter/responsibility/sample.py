"""The sample matrix that ships with the program.

Owns the reading of ``sample.toml``. Its roles are filled by nobody until a workspace says by whom.
"""

from dataclasses import replace
from datetime import date
from importlib.resources import files
from zoneinfo import ZoneInfo

from pacesetter.model.raci import Matrix
from pacesetter.model.raci_document import Document, document_of
from pacesetter.responsibility.matrix_toml import document_of_toml


def sample_document() -> Document:
    """The three tasks of the sample with their roles."""
    return document_of_toml(files(__package__).joinpath("sample.toml").read_text("utf-8"))


def sample_matrix() -> Matrix:
    """The same as a matrix that has always held."""
    return sample_document().matrix(ZoneInfo("UTC"), {})


def sample_for(client_id: str, day: date) -> Document:
    """The sample as the matrix of one client from a day on, with ids of its own."""
    given = sample_document()
    prefix = f"{client_id}-"
    return document_of(
        (replace(t, task_id=prefix + t.task_id, client_id=client_id, valid_from=day) for t in given.tasks),
        (replace(r, role_id=prefix + r.role_id, client_id=client_id) for r in given.roles),
        (replace(a, task_id=prefix + a.task_id, role_id=prefix + a.role_id, valid_from=day) for a in given.letters),
    )
