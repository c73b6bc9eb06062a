"""What is known of a source, what is remembered of it, and the record of its attempts and notices.

Number 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

from storage.append_only import guard

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("source_attempt", "source_notice")


def upgrade() -> None:
    """Bring the schema to this revision."""
    describe_sources()
    create_tables()
    for table in APPEND_ONLY:
        guard(table, "UPDATE")
        guard(table, "DELETE")
    op.create_index("ix_article_version_family", "article_version", ["family"], postgresql_using="hash")


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")


def describe_sources() -> None:
    """Add the columns of the description; the defaults are for the rows that are there."""
    # Plain strings: with them SQLite adds the columns in place, and does not rebuild the table.
    with op.batch_alter_table("source") as table:
        table.add_column(sa.Column("family", sa.Text(), nullable=True))
        table.add_column(sa.Column("country", sa.Text(), nullable=True))
        table.add_column(sa.Column("tier", sa.Integer(), nullable=True))
        table.add_column(sa.Column("interval_minutes", sa.Integer(), nullable=False, server_default="15"))
        table.add_column(sa.Column("expected_per_week", sa.Double(), nullable=True))
        table.add_column(sa.Column("provenance", sa.Text(), nullable=False, server_default="independent"))
        table.add_column(sa.Column("verified", sa.Boolean(), nullable=False, server_default="1"))
        table.add_column(sa.Column("fetch_pages", sa.Boolean(), nullable=False, server_default="0"))


def create_tables() -> None:
    """Create the tables that refer to a source."""
    op.create_table(
        "source_state",
        sa.Column("source_id", ID, nullable=False, autoincrement=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_source_state_source_id_source"),
        sa.PrimaryKeyConstraint("source_id", name="pk_source_state"),
    )
    op.create_table(
        "source_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("size", ID, nullable=True),
        sa.Column("items", sa.Integer(), nullable=True),
        sa.Column("fresh", sa.Integer(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_source_attempt_source_id_source"),
        sa.PrimaryKeyConstraint("id", name="pk_source_attempt"),
    )
    op.create_index("ix_source_attempt_source_id_id", "source_attempt", ["source_id", "id"])
    op.create_table(
        "source_notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_source_notice_source_id_source"),
        sa.PrimaryKeyConstraint("id", name="pk_source_notice"),
    )
