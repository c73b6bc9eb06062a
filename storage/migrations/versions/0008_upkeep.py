"""Backfills with their shards, counters of what was dropped, and the one way in which a raw body may be given up.

Number 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

from storage.append_only import guard

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema to this revision."""
    create_backfills()
    op.create_table(
        "counter",
        sa.Column("source_id", ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("total", ID, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_counter_source_id_source"),
        sa.PrimaryKeyConstraint("source_id", "what", "why", name="pk_counter"),
    )
    op.create_table(
        "released_body",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_released_body"),
        sa.UniqueConstraint("sha256", name="uq_released_body_sha256"),
    )
    guard_bodies()


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")


def create_backfills() -> None:
    """Create the tables of backfills."""
    op.create_table(
        "backfill",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=True),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("planned_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_backfill"),
    )
    op.create_index("ix_backfill_key", "backfill", ["key"])
    op.create_table(
        "backfill_shard",
        sa.Column("id", ID, nullable=False),
        sa.Column("backfill_id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("documents", ID, nullable=False),
        sa.Column("done", ID, nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["backfill_id"], ["backfill.id"], name="fk_backfill_shard_backfill_id_backfill"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_backfill_shard_source_id_source"),
        sa.PrimaryKeyConstraint("id", name="pk_backfill_shard"),
        sa.UniqueConstraint(
            "backfill_id", "source_id", "month", name="uq_backfill_shard_backfill_id_source_id_month"
        ),
    )
    op.create_table(
        "backfill_item",
        sa.Column("id", ID, nullable=False),
        sa.Column("shard_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=True),
        sa.Column("first_at", INSTANT, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("start", ID, nullable=True),
        sa.Column("size", ID, nullable=True),
        sa.ForeignKeyConstraint(["shard_id"], ["backfill_shard.id"], name="fk_backfill_item_shard_id_backfill_shard"),
        sa.PrimaryKeyConstraint("id", name="pk_backfill_item"),
    )
    op.create_index("ix_backfill_item_shard_id", "backfill_item", ["shard_id"])


def guard_bodies() -> None:
    """Refuse to delete a raw body that was not released, and to change or delete what tells of a release."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_unreleased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NOT EXISTS (SELECT 1 FROM released_body WHERE sha256 = OLD.sha256) THEN "
            "RAISE EXCEPTION 'raw_body is append-only: release a body first'; END IF; RETURN OLD; END $$"
        )
        op.execute(
            "CREATE TRIGGER raw_body_no_delete BEFORE DELETE ON raw_body "
            "FOR EACH ROW EXECUTE FUNCTION refuse_unreleased()"
        )
        op.execute(
            "CREATE TRIGGER raw_body_no_truncate BEFORE TRUNCATE ON raw_body "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        op.execute(
            "CREATE TRIGGER raw_body_no_delete BEFORE DELETE ON raw_body "
            "WHEN NOT EXISTS (SELECT 1 FROM released_body WHERE sha256 = OLD.sha256) "
            "BEGIN SELECT RAISE(ABORT, 'raw_body is append-only: release a body first'); END"
        )
    for action in ("UPDATE", "DELETE"):
        guard("released_body", action)

