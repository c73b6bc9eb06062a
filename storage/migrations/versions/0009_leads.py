"""Articles named to lead their group of duplicates.

Number 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

from storage.append_only import guard

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "duplicate_lead",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_duplicate_lead_article_id_article"),
        sa.PrimaryKeyConstraint("id", name="pk_duplicate_lead"),
    )
    for action in ("UPDATE", "DELETE"):
        guard("duplicate_lead", action)


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")
