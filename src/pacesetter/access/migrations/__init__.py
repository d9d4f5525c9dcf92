"""Alembic's migrations of the state database. A revision that was released is never edited."""
