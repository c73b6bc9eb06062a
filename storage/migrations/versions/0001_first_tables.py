"""The first tables, and the guards of those that are append-only.

Number 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

from storage.append_only import guard

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("reading", "article_version", "mention", "development_version", "decision", "attempt")


def upgrade() -> None:
    """Bring the schema to this revision."""
    create_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    for table in APPEND_ONLY:
        guard(table, "UPDATE")
        guard(table, "DELETE")
    guard("raw_body", "UPDATE")  # retention may delete a body, nothing may change one


def downgrade() -> None:
    """Refuse: nothing that was remembered is thrown away; restore a backup instead."""
    raise NotImplementedError("restore a backup")


def create_tables() -> None:
    """Create all tables, those first that others refer to."""
    op.create_table(
        "article",
        sa.Column("id", ID, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("external_id_hash", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=True),
        sa.Column("url_key_hash", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
        sa.UniqueConstraint("identity", name="uq_article_identity"),
    )
    op.create_index("ix_article_external_id_hash", "article", ["external_id_hash"])
    op.create_index("ix_article_url_key_hash", "article", ["url_key_hash"])
    op.create_table(
        "development",
        sa.Column("id", ID, nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_development"),
    )
    op.create_table(
        "raw_body",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_raw_body"),
    )
    op.create_table(
        "source",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("key_hash", name="uq_source_key_hash"),
    )
    op.create_table(
        "development_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("development_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("alert_reasons", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["development_id"], ["development.id"], name="fk_development_version_development_id_development"),
        sa.PrimaryKeyConstraint("id", name="pk_development_version"),
        sa.UniqueConstraint("development_id", "number", name="uq_development_version_development_id_number"),
    )
    op.create_index("ix_development_version_family_end_on", "development_version", ["family", "end_on"])
    op.create_table(
        "document",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("retrieved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_document_source_id_source"),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
        sa.UniqueConstraint("source_id", "sha256", name="uq_document_source_id_sha256"),
    )
    op.create_index("ix_document_sha256", "document", ["sha256"])
    op.create_table(
        "duplicate",
        sa.Column("id", ID, nullable=False),
        sa.Column("left_article_id", ID, nullable=False),
        sa.Column("right_article_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["left_article_id"], ["article.id"], name="fk_duplicate_left_article_id_article"),
        sa.ForeignKeyConstraint(["right_article_id"], ["article.id"], name="fk_duplicate_right_article_id_article"),
        sa.PrimaryKeyConstraint("id", name="pk_duplicate"),
    )
    op.create_index("ix_duplicate_left_article_id", "duplicate", ["left_article_id"])
    op.create_index("ix_duplicate_right_article_id", "duplicate", ["right_article_id"])
    op.create_table(
        "alert",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("development_id", ID, nullable=False),
        sa.Column("development_number", sa.Integer(), nullable=False),
        sa.Column("development_version_id", ID, nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["development_id"], ["development.id"], name="fk_alert_development_id_development"),
        sa.ForeignKeyConstraint(["development_version_id"], ["development_version.id"], name="fk_alert_development_version_id_development_version"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("development_version_id", "rule", name="uq_alert_development_version_id_rule"),
        sa.UniqueConstraint("uid", name="uq_alert_uid"),
    )
    op.create_index("ix_alert_development_id", "alert", ["development_id"])
    op.create_table(
        "article_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("relevance", sa.Text(), nullable=False),
        sa.Column("relevance_reasons", sa.JSON(), nullable=False),
        sa.Column("article", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_article_version_article_id_article"),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_article_version_document_id_document"),
        sa.PrimaryKeyConstraint("id", name="pk_article_version"),
        sa.UniqueConstraint("article_id", "number", name="uq_article_version_article_id_number"),
    )
    op.create_index("ix_article_version_document_id", "article_version", ["document_id"])
    op.create_index("ix_article_version_text_hash", "article_version", ["text_hash"])
    op.create_table(
        "reading",
        sa.Column("id", ID, nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_reading_document_id_document"),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
    )
    op.create_index("ix_reading_document_id", "reading", ["document_id"])
    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("possible_repeat", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_delivery_alert_id_alert"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("alert_id", "channel", "recipient_hash", name="uq_delivery_alert_id_channel_recipient_hash"),
    )
    op.create_index("ix_delivery_state", "delivery", ["state"])
    op.create_table(
        "fingerprint",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("article_version_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["article_version_id"], ["article_version.id"], name="fk_fingerprint_article_version_id_article_version"),
        sa.PrimaryKeyConstraint("kind", "key", "article_version_id", name="pk_fingerprint"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_fingerprint_article_version_id_kind", "fingerprint", ["article_version_id", "kind"])
    op.create_table(
        "mention",
        sa.Column("id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["article_version.id"], name="fk_mention_version_id_article_version"),
        sa.PrimaryKeyConstraint("id", name="pk_mention"),
        sa.UniqueConstraint("version_id", "ordinal", name="uq_mention_version_id_ordinal"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_attempt_delivery_id_delivery"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.UniqueConstraint("delivery_id", "number", name="uq_attempt_delivery_id_number"),
    )
    op.create_table(
        "decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("development_id", ID, nullable=True),
        sa.Column("development_version_id", ID, nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["development_id"], ["development.id"], name="fk_decision_development_id_development"),
        sa.ForeignKeyConstraint(["development_version_id"], ["development_version.id"], name="fk_decision_development_version_id_development_version"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_decision_mention_id_mention"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sa.UniqueConstraint("mention_id", "watch", name="uq_decision_mention_id_watch"),
    )
    op.create_index("ix_decision_development_id", "decision", ["development_id"])
    op.create_index("ix_decision_development_version_id", "decision", ["development_version_id"])
