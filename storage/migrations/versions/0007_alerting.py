"""What each receiver was told, and what keeps messages back: holds, groups, silences, receivers, digests.

Number 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from storage.append_only import guard

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema to this revision."""
    create_told()
    create_queue()
    create_silence()
    create_digest()
    for action in ("UPDATE", "DELETE"):
        guard("told", action)


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")


def create_told() -> None:
    """Create the record of what was told to whom."""
    op.create_table(
        "told",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_hash", sa.Text(), nullable=False),
        sa.Column("development_id", ID, nullable=False),
        sa.Column("development_number", sa.Integer(), nullable=False),
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message_uid", sa.Text(), nullable=False),
        sa.Column("thread_uid", sa.Text(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["development_id"], ["development.id"], name="fk_told_development_id_development"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_told_delivery_id_delivery"),
        sa.PrimaryKeyConstraint("id", name="pk_told"),
    )
    op.create_index("ix_told_development_id", "told", ["development_id"])
    op.create_index("ix_told_message_uid", "told", ["message_uid"])


def create_queue() -> None:
    """Create what is kept of deliveries that wait, and of those that go together."""
    op.create_table(
        "hold",
        sa.Column("delivery_id", ID, nullable=False, autoincrement=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_hold_delivery_id_delivery"),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_hold"),
    )
    op.create_table(
        "bundle",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bundle"),
        sa.UniqueConstraint("uid", name="uq_bundle_uid"),
    )
    op.create_table(
        "bundle_member",
        sa.Column("delivery_id", ID, nullable=False, autoincrement=False),
        sa.Column("bundle_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_bundle_member_delivery_id_delivery"),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundle.id"], name="fk_bundle_member_bundle_id_bundle"),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_bundle_member"),
    )
    op.create_index("ix_bundle_member_bundle_id", "bundle_member", ["bundle_id"])
    op.create_table(
        "receiver",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient_hash", sa.Text(), nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "recipient_hash", name="pk_receiver"),
    )


def create_silence() -> None:
    """Create the silences."""
    op.create_table(
        "silence",
        sa.Column("id", ID, nullable=False),
        sa.Column("development_id", ID, nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["development_id"], ["development.id"], name="fk_silence_development_id_development"),
        sa.PrimaryKeyConstraint("id", name="pk_silence"),
    )


def create_digest() -> None:
    """Create the digests: one row a period and recipient."""
    op.create_table(
        "digest",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("start_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_digest"),
        sa.UniqueConstraint("uid", name="uq_digest_uid"),
    )
