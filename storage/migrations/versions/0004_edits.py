"""What an edit of an article is, with the version that it made; and the changes that made no version.

Number 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from storage.append_only import guard

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("article_version", sa.Column("edit", sa.JSON(), nullable=True))
    op.create_table(
        "unkept_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_unkept_change_article_id_article"),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_unkept_change_document_id_document"),
        sa.PrimaryKeyConstraint("id", name="pk_unkept_change"),
    )
    op.create_index("ix_unkept_change_article_id", "unkept_change", ["article_id"])
    for action in ("UPDATE", "DELETE"):
        guard("unkept_change", action)


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")
