"""Second factors, identity providers, links for several purposes, a person's language."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns and tables."""
    op.add_column("people", sa.Column("language", sa.String(length=20), nullable=True))
    op.add_column("links", sa.Column("purpose", sa.String(length=20), nullable=False, server_default="welcome"))
    op.add_column("attempts", sa.Column("kind", sa.String(length=20), nullable=False, server_default="sign_in"))
    op.add_column("sessions", sa.Column("method", sa.String(length=20), nullable=False, server_default="password"))
    op.add_column("sessions", sa.Column("second_factor", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "second_factors",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_seed", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_second_factors_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_recovery_codes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("person_id", "code_hash", name=op.f("uq_recovery_codes_person_id_code_hash")),
    )
    op.create_index(op.f("ix_recovery_codes_person_id"), "recovery_codes", ["person_id"], unique=False)
    op.create_table(
        "identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_identities_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer_subject")),
    )
    op.create_index(op.f("ix_identities_person_id"), "identities", ["person_id"], unique=False)
    op.create_table(
        "departures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departures")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_departures_state_hash")),
    )
    op.create_index(op.f("ix_departures_ends_at"), "departures", ["ends_at"], unique=False)


def downgrade() -> None:
    """Drop them again."""
    for name in ("departures", "identities", "recovery_codes", "second_factors"):
        op.drop_table(name)
    for table, column in (
        ("sessions", "second_factor"), ("sessions", "method"), ("attempts", "kind"), ("links", "purpose"), ("people", "language"),
    ):  # fmt: skip
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
