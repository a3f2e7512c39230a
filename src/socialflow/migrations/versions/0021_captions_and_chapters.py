"""Captions and chapters

Revision: 0021
Before: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column(
        "assets",
        sa.Column("extras", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(
        "videos",
        sa.Column("chapters", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.create_table(
        "captions",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("cues", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cue_count", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('captions', 'subtitles')", name=op.f("ck_captions_kind")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_captions_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "language", name=op.f("pk_captions")),
    )
    op.create_index(
        "ix_captions_default", "captions", ["asset_id"], unique=True, postgresql_where=sa.text("is_default")
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_captions_default", table_name="captions", postgresql_where=sa.text("is_default"))
    op.drop_table("captions")
    op.drop_column("videos", "chapters")
    op.drop_column("assets", "extras")
