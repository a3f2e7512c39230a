"""Edits of videos

Revision: 0023
Before: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "edits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("source_asset_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("operations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("inputs", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("spans", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("mark", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("mark_asset_id", sa.Uuid(), nullable=True),
        sa.Column("sound", sa.String(), nullable=False),
        sa.Column("sound_asset_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("progress", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_detail", sa.String(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reverted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'making', 'made', 'failed', 'cancelled')", name=op.f("ck_edits_state")),
        sa.CheckConstraint("sound IN ('kept', 'muted', 'replaced')", name=op.f("ck_edits_sound")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_edits_progress")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_edits_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edits")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_edits_asset_id")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_edits_upload_id")),
    )
    op.create_index("ix_edits_source_asset_id", "edits", ["source_asset_id"], unique=False)
    op.create_index(
        "ix_edits_open",
        "edits",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'making')"),
    )
    op.drop_constraint(op.f("ck_uploads_origin"), "uploads", type_="check")
    op.create_check_constraint(op.f("ck_uploads_origin"), "uploads", "origin IN ('sent', 'link', 'edit')")
    op.add_column("video_sources", sa.Column("chapters", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    """Back: edits that are being made are forgotten, and files that were made by edits become files as any other."""
    op.drop_column("video_sources", "chapters")
    op.execute("DELETE FROM uploads WHERE origin = 'edit' AND state <> 'received'")
    op.execute("UPDATE uploads SET origin = 'sent' WHERE origin = 'edit'")
    op.drop_constraint(op.f("ck_uploads_origin"), "uploads", type_="check")
    op.create_check_constraint(op.f("ck_uploads_origin"), "uploads", "origin IN ('sent', 'link')")
    op.drop_index("ix_edits_open", table_name="edits")
    op.drop_index("ix_edits_source_asset_id", table_name="edits")
    op.drop_table("edits")
