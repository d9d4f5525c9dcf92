"""Every canonical table and column, declared once, a file for each subject. Owns nothing but their order."""

from pacesetter.model.schema import Table
from pacesetter.model.tables import business, levels, people, responsibility, voice, work, yardsticks

TABLES: tuple[Table, ...] = tuple(
    declared
    for subject in (people, work, levels, voice, business, responsibility, yardsticks)
    for declared in subject.TABLES
)

BY_NAME: dict[str, Table] = {t.name: t for t in TABLES}
