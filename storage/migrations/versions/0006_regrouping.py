"""Developments merged by hand, and mentions moved to another development.

Number 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

from storage.append_only import guard

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "development_merge",
        sa.Column("id", ID, nullable=False),
        sa.Column("development_id", ID, nullable=False),
        sa.Column("into_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["development_id"], ["development.id"], name="fk_development_merge_development_id_development"
        ),
        sa.ForeignKeyConstraint(["into_id"], ["development.id"], name="fk_development_merge_into_id_development"),
        sa.PrimaryKeyConstraint("id", name="pk_development_merge"),
    )
    op.create_index("ix_development_merge_development_id", "development_merge", ["development_id"])
    op.create_table(
        "mention_move",
        sa.Column("id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("development_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_mention_move_mention_id_mention"),
        sa.ForeignKeyConstraint(
            ["development_id"], ["development.id"], name="fk_mention_move_development_id_development"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mention_move"),
    )
    op.create_index("ix_mention_move_mention_id", "mention_move", ["mention_id"])
    op.create_index("ix_mention_move_development_id", "mention_move", ["development_id"])
    for table in ("development_merge", "mention_move"):
        for action in ("UPDATE", "DELETE"):
            guard(table, action)


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")
