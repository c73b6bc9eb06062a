"""What deduplication remembers of texts: their prints, the keys that find them, how often an anchor stood.

Number 0005, after 0004. The keys of before are dropped: another algorithm made them, and the texts are printed anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.drop_table("fingerprint")
    op.create_table(
        "print",
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("version_id", ID, nullable=False, autoincrement=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("at_s", ID, nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("text_key", ID, nullable=False),
        sa.Column("traits", sa.Text(), nullable=False),
        sa.Column("triples", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("algorithm", "version_id", name="pk_print"),
    )
    op.create_table(
        "print_key",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", ID, nullable=False, autoincrement=False),
        sa.Column("day", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("version_id", ID, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("kind", "key", "day", "version_id", name="pk_print_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "anchor_frequency",
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("articles", ID, nullable=False),
        sa.PrimaryKeyConstraint("algorithm", "anchor", name="pk_anchor_frequency"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")
